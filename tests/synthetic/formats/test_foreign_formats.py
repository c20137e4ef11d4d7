import sys

import numpy as np
import pytest

from keras_tgdd import DistilledDataset
from keras_tgdd.synthetic.formats.benchmark_files import write_dd_ranking

# As the two evaluators have them: CIFAR-100 differs.
CIFAR10 = [0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.2010]
CIFAR100 = [0.5071, 0.4866, 0.4409], [0.2673, 0.2564, 0.2762]
IMAGENET = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
# float32, there and back.
EXACT = dict(rtol=0, atol=5e-7)


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def distilled(rng):
    return DistilledDataset(
        rng.random((3, 2, 8, 6, 3)).astype("float32"),
        class_names=["dress", "coat", "bag"],
        factor=2,
        mean=[0.4, 0.5, 0.6],
        std=[0.2, 0.3, 0.4],
    )


def undone(tensor, constants):
    """Pixels, channels last, of a tensor that a benchmark trains on."""
    mean, std = (np.array(c)[:, None, None] for c in constants)
    return (tensor.numpy() * std + mean).transpose(0, 2, 3, 1)


def assert_same_images(tensor, labels, constants, distilled, torch):
    x, y = distilled.to_numpy()
    assert tensor.dtype == torch.float32 and labels.dtype == torch.int64
    assert tensor.shape == (24, 3, 8, 6) and tensor.is_contiguous()
    np.testing.assert_allclose(undone(tensor, constants), x, **EXACT)
    assert labels.tolist() == y.tolist() == [0] * 8 + [1] * 8 + [2] * 8


@pytest.mark.parametrize(
    "name, constants",
    [
        ("cifar10", CIFAR10),
        ("CIFAR100", CIFAR10),
        ("TinyImageNet", IMAGENET),
        ("imagenet", IMAGENET),
    ],
)
def test_dd_ranking_reads_two_tensors(
    distilled, tmp_path, torch, name, constants
):
    folder = tmp_path / "DM" / "IPC2"
    distilled.to_dd_ranking(folder, normalization=name)
    assert sorted(p.name for p in folder.iterdir()) == [
        "images.pt",
        "labels.pt",
    ]
    images = torch.load(folder / "images.pt", weights_only=True)
    labels = torch.load(folder / "labels.pt", weights_only=True)
    assert_same_images(images, labels, constants, distilled, torch)


@pytest.mark.parametrize(
    "name, constants",
    [("CIFAR10", CIFAR10), ("cifar-100", CIFAR100), ("tinyimagenet", IMAGENET)],
)
def test_dc_benchmark_reads_two_tensors(
    distilled, tmp_path, torch, name, constants
):
    distilled.to_dc_benchmark(tmp_path, normalization=name)
    images = torch.load(tmp_path / "images_best.pt", weights_only=True)
    labels = torch.load(tmp_path / "labels_best.pt", weights_only=True)
    assert_same_images(images, labels, constants, distilled, torch)


def test_dc_benchmark_reads_tiny_imagenet_50_in_five_parts(
    rng, tmp_path, torch
):
    images = rng.random((3, 50, 2, 2, 3)).astype("float32")
    distilled = DistilledDataset(images)
    distilled.to_dc_benchmark(tmp_path, normalization="tiny_imagenet")
    parts = [
        torch.load(tmp_path / f"images_best_{n}.pt", weights_only=True)
        for n in range(5)
    ]
    assert [len(part) for part in parts] == [30] * 5
    # A part does not store the whole of which it is one.
    assert parts[0].untyped_storage().nbytes() == parts[0].numel() * 4
    np.testing.assert_allclose(
        undone(torch.cat(parts), IMAGENET),
        images.reshape(-1, 2, 2, 3),
        **EXACT,
    )
    again = DistilledDataset.from_dc_benchmark(tmp_path, "tiny_imagenet")
    np.testing.assert_allclose(again.images, images, **EXACT)
    (tmp_path / "images_best_3.pt").unlink()
    with pytest.raises(FileNotFoundError, match="images_best_3.pt"):
        DistilledDataset.from_dc_benchmark(tmp_path, "tiny_imagenet")


@pytest.mark.parametrize(
    "write, read",
    [
        ("to_dd_ranking", DistilledDataset.from_dd_ranking),
        ("to_dc_benchmark", DistilledDataset.from_dc_benchmark),
    ],
)
@pytest.mark.parametrize(
    "constants",
    [{"normalization": "cifar100"}, {"mean": [0.1, 0.2, 0.3], "std": 0.02}],
)
def test_what_is_written_is_read_back(
    distilled, tmp_path, torch, write, read, constants
):
    getattr(distilled, write)(tmp_path, **constants)
    again = read(tmp_path, **constants, class_names=distilled.class_names)
    x, y = distilled.to_numpy()
    again_x, again_y = again.to_numpy()
    np.testing.assert_allclose(again_x, x, **EXACT)
    np.testing.assert_array_equal(again_y, y)
    assert again.factor == 1 and again.images_per_class == 8
    assert again.class_names == ("dress", "coat", "bag")
    if "std" in constants:
        np.testing.assert_array_equal(again.mean, np.float32([0.1, 0.2, 0.3]))
        np.testing.assert_array_equal(again.std, np.float32([0.02] * 3))


def test_grey_images_have_constants_of_one_channel(rng, tmp_path, torch):
    distilled = DistilledDataset(rng.random((2, 3, 4, 4, 1)).astype("float32"))
    distilled.to_dc_benchmark(tmp_path, normalization="mnist")
    images = torch.load(tmp_path / "images_best.pt", weights_only=True)
    expected = distilled.images.reshape(6, 4, 4, 1)
    np.testing.assert_allclose(
        undone(images, ([0.1307], [0.3081])), expected, **EXACT
    )


@pytest.mark.parametrize(
    "constants, message",
    [
        ({}, r"either `normalization=`, one of \['cifar10'.*normalization=No"),
        ({"mean": 0.0}, "both `mean=` and `std=`. Received: .*std=None"),
        (
            {"normalization": "cifar10", "mean": 0.0, "std": 1.0},
            "either `normalization=`",
        ),
        ({"normalization": "mnist"}, "pass `mean=` and `std=` for another"),
        (
            {"mean": [0.0, 0.0], "std": 1.0},
            "each of 3 channels. Received: mean=",
        ),
        ({"mean": float("nan"), "std": 1.0}, "`mean` must be one finite"),
        ({"mean": "grey", "std": 1.0}, "Received: mean='grey'"),
        ({"mean": 0.0, "std": [1.0, 0.0, 1.0]}, "`std` must be positive"),
    ],
)
def test_refuses_constants(distilled, tmp_path, constants, message):
    folder = tmp_path / "new"
    with pytest.raises(ValueError, match=message):
        distilled.to_dd_ranking(folder, **constants)
    assert not folder.exists()


def test_constants_are_of_a_number_of_channels(rng, tmp_path):
    grey = DistilledDataset(rng.random((2, 1, 4, 4, 1)).astype("float32"))
    with pytest.raises(ValueError, match="each of 1 channels"):
        grey.to_dd_ranking(tmp_path, "cifar10")
    assert not list(tmp_path.iterdir())


def test_an_error_leaves_the_older_files(
    distilled, tmp_path, torch, monkeypatch
):
    distilled.to_dd_ranking(tmp_path, "cifar10")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    save, calls = torch.save, []

    def fail_at_the_second(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise OSError("No space left on device")
        save(*arguments)

    monkeypatch.setattr(torch, "save", fail_at_the_second)
    with pytest.raises(OSError, match="No space left"):
        distilled.to_dd_ranking(tmp_path, "tiny_imagenet")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_torch_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    message = r"need torch, which is not.*pip install keras-tgdd\[torch\]"
    with pytest.raises(ImportError, match=message):
        # Not `to_dd_ranking`: Keras decodes the set, on torch perhaps.
        images, labels = np.zeros((1, 3, 2, 2), "float32"), np.zeros(1, int)
        write_dd_ranking(tmp_path / "new", images, labels)
    assert not (tmp_path / "new").exists()
    for read in (
        DistilledDataset.from_dd_ranking,
        DistilledDataset.from_dc_benchmark,
    ):
        with pytest.raises(ImportError, match=message):
            read(tmp_path / "x", "cifar10")
    with pytest.raises(ImportError, match=message):
        DistilledDataset.from_idc(tmp_path / "data.pt", 2, "cifar10")
