import numpy as np
import pytest
from support.benchmark_tensors import CIFAR10
from support.benchmark_tensors import CIFAR100
from support.benchmark_tensors import EXACT
from support.benchmark_tensors import IMAGENET
from support.benchmark_tensors import assert_same_images
from support.benchmark_tensors import undone

from keras_tgdd.datasets import Normalization
from keras_tgdd.synthetic import DistilledDataset
from keras_tgdd.synthetic.formats import read_dc_benchmark
from keras_tgdd.synthetic.formats import write_dc_benchmark

torch = pytest.importorskip("torch")
MEAN, STD = [0.49, 0.48, 0.44], [0.2, 0.19, 0.21]
OWN = Normalization(MEAN, STD)
IMAGES = torch.zeros(6, 3, 4, 4)
LABELS = torch.arange(3).repeat_interleave(2)


@pytest.mark.parametrize(
    "name, constants",
    [
        ("CIFAR10", CIFAR10),
        ("cifar-100", CIFAR100),
        ("tinyimagenet", IMAGENET),
        (OWN, (MEAN, STD)),
    ],
)
def test_writes_two_tensors_and_reads_them_back(rng, tmp_path, name, constants):
    distilled = DistilledDataset(
        rng.random((3, 2, 8, 6, 3)).astype("float32"), factor=2
    )
    write_dc_benchmark(distilled, tmp_path, name)
    images = torch.load(tmp_path / "images_best.pt", weights_only=True)
    labels = torch.load(tmp_path / "labels_best.pt", weights_only=True)
    assert_same_images(images, labels, constants, distilled)
    again = read_dc_benchmark(tmp_path, name, class_names=("a", "b", "c"))
    x, y = distilled.to_numpy()
    again_x, again_y = again.to_numpy()
    np.testing.assert_allclose(again_x, x, **EXACT)
    np.testing.assert_array_equal(again_y, y)
    assert again.normalization == Normalization(*constants)
    assert again.class_names == ("a", "b", "c") and again.factor == 1


@pytest.mark.parametrize("normalization", ["tiny_imagenet", "TinyImageNet"])
def test_tiny_imagenet_50_has_five_parts(rng, tmp_path, normalization):
    images = rng.random((3, 50, 2, 2, 3)).astype("float32")
    write_dc_benchmark(DistilledDataset(images), tmp_path, normalization)
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
    again = read_dc_benchmark(tmp_path, normalization)
    np.testing.assert_allclose(again.images, images, **EXACT)
    (tmp_path / "images_best_3.pt").unlink()
    with pytest.raises(FileNotFoundError, match="images_best_3.pt"):
        read_dc_benchmark(tmp_path, normalization)


def test_parts_must_have_one_shape(tmp_path):
    for number in range(5):
        images = torch.zeros(2, 3, 4, 4 + number // 4)
        torch.save(images, tmp_path / f"images_best_{number}.pt")
        torch.save(LABELS[:2], tmp_path / f"labels_best_{number}.pt")
    with pytest.raises(ValueError, match=r"one shape.*\(3, 4, 4\), \(3, 4, 5"):
        read_dc_benchmark(tmp_path, "tiny_imagenet")


def test_another_number_of_images_has_one_file(rng, tmp_path):
    images = rng.random((3, 2, 2, 2, 3)).astype("float32")
    write_dc_benchmark(DistilledDataset(images), tmp_path, "tiny_imagenet")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["images_best.pt", "labels_best.pt"]


def test_grey_images_have_constants_of_one_channel(rng, tmp_path):
    distilled = DistilledDataset(rng.random((2, 3, 4, 4, 1)).astype("float32"))
    write_dc_benchmark(distilled, tmp_path, "mnist")
    images = torch.load(tmp_path / "images_best.pt", weights_only=True)
    expected = distilled.images.reshape(6, 4, 4, 1)
    np.testing.assert_allclose(
        undone(images, ([0.1307], [0.3081])), expected, **EXACT
    )
    with pytest.raises(ValueError, match="each of 1 channels"):
        write_dc_benchmark(distilled, tmp_path / "new", "cifar10")
    assert not (tmp_path / "new").exists()


def test_the_last_repetition_of_a_dc_file_is_read(rng, tmp_path):
    pixels = rng.random((6, 4, 4, 3)).astype("float32")
    images = OWN.apply(pixels).transpose(0, 3, 1, 2)
    path = tmp_path / "res_DM_CIFAR10_ConvNet_2ipc.pt"
    repetitions = [[IMAGES, LABELS]]
    repetitions.append([torch.from_numpy(images).requires_grad_(), LABELS])
    torch.save({"data": repetitions, "accs_all_exps": {"ConvNet": [0.5]}}, path)
    read = read_dc_benchmark(path, OWN)
    np.testing.assert_allclose(read.images.reshape(6, 4, 4, 3), pixels, **EXACT)


def test_pixels_outside_are_refused_or_clipped(tmp_path):
    torch.save({"data": [[IMAGES + 9.0, LABELS]]}, tmp_path / "res.pt")
    with pytest.raises(ValueError, match="res.pt.*`clip=True`"):
        read_dc_benchmark(tmp_path / "res.pt", OWN)
    read = read_dc_benchmark(tmp_path / "res.pt", OWN, clip=True)
    assert np.all(read.images == 1.0)


def test_numpy_numbers_in_a_dc_file_are_named(tmp_path):
    path = tmp_path / "res_DC_CIFAR10_ConvNet_2ipc.pt"
    content = {"data": [], "accs_all_exps": {"ConvNet": [np.float64(0.5)]}}
    torch.save(content, path)
    with pytest.raises(ValueError, match="holds numpy.*If you trust it"):
        read_dc_benchmark(path, "cifar10")


@pytest.mark.parametrize(
    "content, message",
    [
        ([IMAGES, LABELS], "a dict whose 'data' is a list.*a list of 2"),
        ({"data": []}, r"a dict of \['data'\]"),
        ({"images": IMAGES}, r"a dict of \['images'\]"),
        ({"data": [IMAGES, LABELS]}, "a pair.*Received: Tensor"),
    ],
)
def test_a_dc_file_is_a_dict(tmp_path, content, message):
    torch.save(content, tmp_path / "res.pt")
    with pytest.raises(ValueError, match=message):
        read_dc_benchmark(tmp_path / "res.pt", "cifar10")
