import numpy as np
import pytest
from support.benchmark_tensors import CIFAR10
from support.benchmark_tensors import EXACT
from support.benchmark_tensors import IMAGENET
from support.benchmark_tensors import assert_same_images

from keras_tgdd.datasets import Normalization
from keras_tgdd.synthetic import DistilledDataset
from keras_tgdd.synthetic.formats import read_dd_ranking
from keras_tgdd.synthetic.formats import write_dd_ranking

torch = pytest.importorskip("torch")
MEAN, STD = [0.49, 0.48, 0.44], [0.2, 0.19, 0.21]
OWN = Normalization(MEAN, STD)


@pytest.fixture
def distilled(rng):
    return DistilledDataset(
        rng.random((3, 2, 8, 6, 3)).astype("float32"),
        class_names=["dress", "coat", "bag"],
        factor=2,
        normalization=Normalization([0.4, 0.5, 0.6], [0.2, 0.3, 0.4]),
    )


@pytest.fixture
def pixels(rng):
    return rng.random((6, 4, 4, 3)).astype("float32")


def normalized(pixels):
    """As the published methods keep images."""
    mean, std = np.float32(MEAN), np.float32(STD)
    return torch.from_numpy(((pixels - mean) / std).transpose(0, 3, 1, 2))


def save(folder, images, labels):
    torch.save(images, folder / "images.pt")
    torch.save(labels, folder / "labels.pt")


@pytest.mark.parametrize(
    "name, constants",
    [
        ("cifar10", CIFAR10),
        ("CIFAR100", CIFAR10),
        ("TinyImageNet", IMAGENET),
        ("imagenet", IMAGENET),
        (OWN, (MEAN, STD)),
        (Normalization(0.25, 0.5), ([0.25] * 3, [0.5] * 3)),
    ],
)
def test_writes_two_tensors(distilled, tmp_path, name, constants):
    folder = tmp_path / "DM" / "IPC2"
    write_dd_ranking(distilled, folder, name)
    assert sorted(p.name for p in folder.iterdir()) == [
        "images.pt",
        "labels.pt",
    ]
    images = torch.load(folder / "images.pt", weights_only=True)
    labels = torch.load(folder / "labels.pt", weights_only=True)
    assert_same_images(images, labels, constants, distilled)


@pytest.mark.parametrize("constants", ["cifar100", OWN])
def test_what_is_written_is_read_back(distilled, tmp_path, constants):
    write_dd_ranking(distilled, tmp_path, constants)
    names = np.array(distilled.class_names)
    again = read_dd_ranking(tmp_path, constants, class_names=names)
    x, y = distilled.to_numpy()
    again_x, again_y = again.to_numpy()
    np.testing.assert_allclose(again_x, x, **EXACT)
    np.testing.assert_array_equal(again_y, y)
    assert again.factor == 1 and again.images_per_class == 8
    assert again.class_names == ("dress", "coat", "bag")
    if constants is OWN:
        assert again.normalization == OWN


@pytest.mark.parametrize(
    "constants, error, message",
    [
        ("mnist", ValueError, "one of .*pass a `keras_tgdd.Normalization`"),
        ({"mean": 0.0}, TypeError, "must be a name, one of"),
        (Normalization([0.0, 0.0]), ValueError, "each of 3 channels"),
    ],
)
def test_refuses_constants(distilled, tmp_path, constants, error, message):
    folder = tmp_path / "new"
    with pytest.raises(error, match=message):
        write_dd_ranking(distilled, folder, constants)
    assert not folder.exists()
    save(tmp_path, torch.zeros(1, 3, 4, 4), torch.zeros(1, dtype=torch.int64))
    with pytest.raises(error, match=message):
        read_dd_ranking(tmp_path, constants)


def test_labels_in_any_order_become_class_after_class(tmp_path, pixels):
    labels = torch.tensor([2, 0, 1, 0, 2, 1], dtype=torch.int32)
    save(tmp_path, normalized(pixels), labels)
    read = read_dd_ranking(tmp_path, OWN)
    expected = pixels[[1, 3, 2, 5, 0, 4]].reshape(3, 2, 4, 4, 3)
    np.testing.assert_allclose(read.images, expected, **EXACT)
    np.testing.assert_array_equal(read.normalization.mean, np.float32(MEAN))
    np.testing.assert_array_equal(read.normalization.std, np.float32(STD))
    assert read.class_names == ("0", "1", "2")


def test_pixels_outside_are_refused_or_clipped(tmp_path, pixels):
    pixels[0, 0, 0] = [-0.25, 0.5, 1.5]
    save(tmp_path, normalized(pixels), torch.arange(6))
    message = (
        r"must lie in \[0, 1\] after multiplication by std=\[0.2.*"
        r"mean=\[0.4.*min=-0.25, max=1.5, 0.69 % .*`clip=True`"
    )
    with pytest.raises(ValueError, match=message):
        read_dd_ranking(tmp_path, OWN)
    read = read_dd_ranking(tmp_path, OWN, clip=True)
    np.testing.assert_allclose(
        read.images[0, 0, 0, 0], [0.0, 0.5, 1.0], **EXACT
    )


def test_rounding_is_clipped(tmp_path, pixels):
    pixels[0, 0, 0], pixels[0, 0, 1] = 0.0, 1.0
    save(tmp_path, normalized(pixels) * 1.000001, torch.arange(6))
    read = read_dd_ranking(tmp_path, OWN)
    assert read.images.min() == 0.0 and read.images.max() == 1.0


IMAGES = torch.zeros(6, 3, 4, 4)
LABELS = torch.arange(3).repeat_interleave(2)
SPOILED = IMAGES.clone()
SPOILED[1, 2, 3, 0] = float("nan")


@pytest.mark.parametrize(
    "images, labels, message",
    [
        ([IMAGES], LABELS, "Images .* must be a tensor. Received: list"),
        (IMAGES, {"y": LABELS}, "Labels .* must be a tensor. Received: dict"),
        (IMAGES[0], LABELS, r"\(n, channels, height, width\).*\(3, 4, 4\)"),
        (IMAGES[:0], LABELS[:0], "no axis of length 0"),
        (IMAGES.long(), LABELS, "must be floating point.*torch.int64"),
        (IMAGES.to_sparse(), LABELS, "must be a dense tensor.*sparse"),
        (IMAGES.to(torch.complex64), LABELS, "dense tensor of real numbers"),
        (IMAGES.permute(0, 2, 3, 1), LABELS, r"first, as `permute\(0, 3, 1, 2"),
        (IMAGES[:, :2], LABELS, "one for each of 2 channels. Received: mean="),
        (SPOILED, LABELS, "must not hold NaN or infinity"),
        (IMAGES.double() + 1e300, LABELS, "must not hold NaN or infinity"),
        (IMAGES, LABELS.float(), r"must be integers.*float32.*`labels.long"),
        (IMAGES, torch.rand(6, 3), r"shape=\(6, 3\).*`labels.argmax\(-1\)`"),
        (IMAGES, LABELS > 1, "must be integers.*torch.bool"),
        (IMAGES, LABELS[:5], r"one per image, shape \(6,\).*shape=\(5,\)"),
        (IMAGES, LABELS[:, None], r"Received: shape=\(6, 1\)"),
        (IMAGES, LABELS + 1, "from 0 without a gap.*3 classes from 1 to 3"),
        (IMAGES, LABELS - 1, "3 classes from -1 to 1"),
        (IMAGES, LABELS * 2**60, "without a gap"),
    ],
)
def test_wrong_tensors_are_refused(tmp_path, images, labels, message):
    save(tmp_path, images, labels)
    with pytest.raises(ValueError, match=message) as caught:
        read_dd_ranking(tmp_path, OWN)
    assert "\n" not in str(caught.value)


def test_classes_may_have_different_numbers_of_images(tmp_path):
    save(tmp_path, IMAGES, torch.tensor([2, 0, 0, 1, 1, 0]))
    read = read_dd_ranking(tmp_path, OWN)
    assert read.images_per_class == (3, 2, 1)
    write_dd_ranking(read, tmp_path / "again", OWN)
    again = torch.load(tmp_path / "again" / "images.pt", weights_only=True)
    order = [1, 2, 5, 3, 4, 0]
    torch.testing.assert_close(again, IMAGES[order])


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="images.pt"):
        read_dd_ranking(tmp_path, "cifar10")
    save(tmp_path, IMAGES, LABELS)
    (tmp_path / "labels.pt").unlink()
    with pytest.raises(FileNotFoundError, match="labels.pt"):
        read_dd_ranking(tmp_path, "cifar10")


def test_an_error_leaves_the_older_files(distilled, tmp_path, monkeypatch):
    write_dd_ranking(distilled, tmp_path, "cifar10")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    write, calls = torch.save, []

    def fail_at_the_second(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise OSError("No space left on device")
        write(*arguments)

    monkeypatch.setattr(torch, "save", fail_at_the_second)
    with pytest.raises(OSError, match="No space left"):
        write_dd_ranking(distilled, tmp_path, "tiny_imagenet")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
