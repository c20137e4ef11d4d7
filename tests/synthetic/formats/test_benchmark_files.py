"""Files as other packages write them, whole, broken and hostile."""

import os
import zipfile

import numpy as np
import pytest

from keras_tgdd import DistilledDataset

# No backend takes part.
pytestmark = pytest.mark.once


torch = pytest.importorskip("torch")
MEAN, STD = (np.float32(c) for c in ([0.49, 0.48, 0.44], [0.2, 0.19, 0.21]))
CONSTANTS = {"mean": MEAN, "std": STD}


@pytest.fixture
def pixels(rng):
    return rng.random((6, 4, 4, 3)).astype("float32")


def normalized(pixels):
    """As the published methods keep images."""
    return torch.from_numpy(((pixels - MEAN) / STD).transpose(0, 3, 1, 2))


def as_idc(pixels):
    return torch.from_numpy(pixels).permute(0, 3, 1, 2)


def write_dd_ranking(folder, images, labels):
    torch.save(images, folder / "images.pt")
    torch.save(labels, folder / "labels.pt")


def test_labels_in_any_order_become_class_after_class(tmp_path, pixels):
    labels = torch.tensor([2, 0, 1, 0, 2, 1], dtype=torch.int32)
    write_dd_ranking(tmp_path, normalized(pixels), labels)
    read = DistilledDataset.from_dd_ranking(tmp_path, **CONSTANTS)
    expected = pixels[[1, 3, 2, 5, 0, 4]].reshape(3, 2, 4, 4, 3)
    np.testing.assert_allclose(read.images, expected, rtol=0, atol=5e-7)
    np.testing.assert_array_equal(read.mean, MEAN)
    np.testing.assert_array_equal(read.std, STD)
    assert read.class_names == ("0", "1", "2")


def test_the_last_repetition_of_a_dc_file_is_read(tmp_path, pixels):
    labels = torch.arange(3).repeat_interleave(2)
    path = tmp_path / "res_DM_CIFAR10_ConvNet_2ipc.pt"
    repetitions = [[torch.zeros(6, 3, 4, 4), labels]]
    repetitions.append([normalized(pixels).requires_grad_(), labels])
    torch.save({"data": repetitions, "accs_all_exps": {"ConvNet": [0.5]}}, path)
    read = DistilledDataset.from_dc_benchmark(path, **CONSTANTS)
    np.testing.assert_allclose(
        read.images.reshape(6, 4, 4, 3), pixels, rtol=0, atol=5e-7
    )


def test_numpy_numbers_in_a_dc_file_are_named(tmp_path, pixels):
    path = tmp_path / "res_DC_CIFAR10_ConvNet_2ipc.pt"
    content = {"data": [], "accs_all_exps": {"ConvNet": [np.float64(0.5)]}}
    torch.save(content, path)
    with pytest.raises(ValueError, match="holds numpy.*If you trust it"):
        DistilledDataset.from_dc_benchmark(path, "cifar10")


def test_idc_mosaics_are_not_normalized(tmp_path, pixels):
    path = tmp_path / "data.pt"
    labels = torch.arange(2).repeat_interleave(3)
    torch.save([as_idc(pixels), labels], path)
    read = DistilledDataset.from_idc(path, 2, "cifar10", class_names="ab")
    np.testing.assert_array_equal(read.images.reshape(6, 4, 4, 3), pixels)
    assert read.factor == 2 and read.class_names == ("a", "b")
    np.testing.assert_array_equal(read.std, np.float32([0.2023, 0.1994, 0.201]))
    # Decoded as its code does, but for the order within a class.
    tiles = as_idc(pixels)[:3]
    tiles = [tiles[:, :, i : i + 2, j : j + 2] for i in (0, 2) for j in (0, 2)]
    decoded = torch.nn.Upsample(size=4, mode="bilinear")(torch.cat(tiles))
    expected = decoded.reshape(4, 3, 3, 4, 4).permute(1, 0, 3, 4, 2)
    x, _ = read.to_numpy()
    np.testing.assert_allclose(
        x[:12], expected.reshape(12, 4, 4, 3), rtol=0, atol=1e-6
    )


def test_idc_needs_a_factor_that_fits(tmp_path, pixels):
    path = tmp_path / "data.pt"
    torch.save([as_idc(pixels), torch.arange(6)], path)
    with pytest.raises(ValueError, match="`factor` must not be larger"):
        DistilledDataset.from_idc(path, 5, "cifar10")
    with pytest.raises(ValueError, match="either `normalization=`"):
        DistilledDataset.from_idc(path, 2)


def test_pixels_outside_are_refused_or_clipped(tmp_path, pixels):
    pixels[0, 0, 0] = [-0.25, 0.5, 1.5]
    write_dd_ranking(tmp_path, normalized(pixels), torch.arange(6))
    message = (
        r"must lie in \[0, 1\] after multiplication by std=\[0.2.*"
        r"mean=\[0.4.*min=-0.25, max=1.5, 0.69 % .*`clip=True`"
    )
    with pytest.raises(ValueError, match=message):
        DistilledDataset.from_dd_ranking(tmp_path, **CONSTANTS)
    read = DistilledDataset.from_dd_ranking(tmp_path, **CONSTANTS, clip=True)
    np.testing.assert_allclose(
        read.images[0, 0, 0, 0], [0.0, 0.5, 1.0], rtol=0, atol=5e-7
    )


def test_rounding_is_clipped(tmp_path, pixels):
    pixels[0, 0, 0], pixels[0, 0, 1] = 0.0, 1.0
    write_dd_ranking(tmp_path, normalized(pixels) * 1.000001, torch.arange(6))
    read = DistilledDataset.from_dd_ranking(tmp_path, **CONSTANTS)
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
        (IMAGES, LABELS[:5], r"one an image, shape \(6,\).*shape=\(5,\)"),
        (IMAGES, LABELS[:, None], r"Received: shape=\(6, 1\)"),
        (IMAGES, LABELS + 1, "from 0 without a gap.*3 classes from 1 to 3"),
        (IMAGES, LABELS - 1, "3 classes from -1 to 1"),
        (IMAGES, LABELS * 2**60, "without a gap"),
    ],
)
def test_wrong_tensors_are_refused(tmp_path, images, labels, message):
    write_dd_ranking(tmp_path, images, labels)
    with pytest.raises(ValueError, match=message) as caught:
        DistilledDataset.from_dd_ranking(tmp_path, **CONSTANTS)
    assert "\n" not in str(caught.value)


def test_classes_may_have_different_numbers_of_images(tmp_path):
    write_dd_ranking(tmp_path, IMAGES, torch.tensor([2, 0, 0, 1, 1, 0]))
    read = DistilledDataset.from_dd_ranking(tmp_path, **CONSTANTS)
    assert read.images_per_class == (3, 2, 1)
    read.to_dd_ranking(tmp_path / "again", **CONSTANTS)
    again = torch.load(tmp_path / "again" / "images.pt", weights_only=True)
    order = [1, 2, 5, 3, 4, 0]
    torch.testing.assert_close(again, IMAGES[order])


@pytest.mark.parametrize(
    "content, message",
    [
        (IMAGES, r"a pair \[images, labels\]. Received: Tensor"),
        ([IMAGES], "Received: a list of 1"),
        ({"data": IMAGES}, r"Received: a dict of \['data'\]"),
    ],
)
def test_an_idc_file_is_a_pair(tmp_path, content, message):
    torch.save(content, tmp_path / "data.pt")
    with pytest.raises(ValueError, match=message):
        DistilledDataset.from_idc(tmp_path / "data.pt", 1, "cifar10")


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
        DistilledDataset.from_dc_benchmark(tmp_path / "res.pt", "cifar10")


class Runs:
    """Unpickled, it makes a file."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


def test_nothing_is_unpickled(tmp_path):
    torch.save([Runs(tmp_path / "ran"), LABELS], tmp_path / "data.pt")
    with pytest.raises(
        ValueError, match="nothing but tensors.*mkdir"
    ) as caught:
        DistilledDataset.from_idc(tmp_path / "data.pt", 1, "cifar10")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"no tensors\n", b"PK\x03\x04 zip"])
def test_no_file_of_torch(tmp_path, content):
    (tmp_path / "data.pt").write_bytes(content)
    with pytest.raises(ValueError, match="must be a file of PyTorch"):
        DistilledDataset.from_idc(tmp_path / "data.pt", 1, "cifar10")


def test_a_truncated_file(tmp_path):
    path = tmp_path / "data.pt"
    torch.save([IMAGES, LABELS], path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="must be a file of PyTorch"):
        DistilledDataset.from_idc(path, 1, "cifar10")


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="images.pt"):
        DistilledDataset.from_dd_ranking(tmp_path, "cifar10")
    write_dd_ranking(tmp_path, IMAGES, LABELS)
    (tmp_path / "labels.pt").unlink()
    with pytest.raises(FileNotFoundError, match="labels.pt"):
        DistilledDataset.from_dd_ranking(tmp_path, "cifar10")


def test_a_file_that_is_too_large_is_not_opened(tmp_path):
    path = tmp_path / "data.pt"
    path.touch()
    os.truncate(path, 17 * 2**30)  # takes no room
    with pytest.raises(ValueError, match="at most 16 GiB.*Received: 17 GiB"):
        DistilledDataset.from_idc(path, 1, "cifar10")


def test_a_tensor_that_claims_more_than_the_file_holds(tmp_path):
    wide = torch.zeros(1).expand(10**5, 3, 1000, 1000)
    torch.save([wide, LABELS], tmp_path / "data.pt")
    assert (tmp_path / "data.pt").stat().st_size < 10**4
    with pytest.raises(ValueError, match="which the file does not hold"):
        DistilledDataset.from_idc(tmp_path / "data.pt", 1, "cifar10")


def test_what_a_file_unpacks_to_counts(tmp_path, monkeypatch):
    from keras_tgdd.storage import torch_files

    torch.save([torch.zeros(1000, 3, 8, 8), LABELS], tmp_path / "whole.pt")
    with (
        zipfile.ZipFile(tmp_path / "whole.pt") as whole,
        zipfile.ZipFile(
            tmp_path / "data.pt", "w", zipfile.ZIP_DEFLATED
        ) as packed,
    ):
        for entry in whole.infolist():
            packed.writestr(entry.filename, whole.read(entry))
    monkeypatch.setattr(torch_files, "_MOST_BYTES", 100_000)
    assert (tmp_path / "data.pt").stat().st_size < 10_000
    with pytest.raises(ValueError, match="must hold at most"):
        DistilledDataset.from_idc(tmp_path / "data.pt", 1, "cifar10")
