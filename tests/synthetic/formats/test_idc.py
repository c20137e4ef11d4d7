import numpy as np
import pytest
from support.benchmark_tensors import CIFAR10

from keras_tgdd.datasets import Normalization
from keras_tgdd.synthetic.formats import read_idc

torch = pytest.importorskip("torch")
IMAGES = torch.zeros(6, 3, 4, 4)


@pytest.fixture
def pixels(rng):
    return rng.random((6, 4, 4, 3)).astype("float32")


def as_idc(pixels):
    return torch.from_numpy(pixels).permute(0, 3, 1, 2)


def test_mosaics_are_not_normalized(tmp_path, pixels):
    path = tmp_path / "data.pt"
    labels = torch.arange(2).repeat_interleave(3)
    torch.save([as_idc(pixels), labels], path)
    read = read_idc(path, 2, "cifar10", class_names=("a", "b"))
    np.testing.assert_array_equal(read.images.reshape(6, 4, 4, 3), pixels)
    assert read.factor == 2 and read.class_names == ("a", "b")
    assert read.normalization == Normalization(*CIFAR10)
    # Decoded as its code does, but for the order within a class.
    tiles = as_idc(pixels)[:3]
    tiles = [tiles[:, :, i : i + 2, j : j + 2] for i in (0, 2) for j in (0, 2)]
    decoded = torch.nn.Upsample(size=4, mode="bilinear")(torch.cat(tiles))
    expected = decoded.reshape(4, 3, 3, 4, 4).permute(1, 0, 3, 4, 2)
    x, _ = read.to_numpy()
    np.testing.assert_allclose(
        x[:12], expected.reshape(12, 4, 4, 3), rtol=0, atol=1e-6
    )
    own = read_idc(path, 1, Normalization(0.5, 0.25))
    np.testing.assert_array_equal(own.images.reshape(6, 4, 4, 3), pixels)
    assert own.normalization == Normalization([0.5] * 3, [0.25] * 3)


def test_the_factor_must_fit(tmp_path, pixels):
    path = tmp_path / "data.pt"
    torch.save([as_idc(pixels), torch.arange(6)], path)
    with pytest.raises(ValueError, match="`factor` must not be larger"):
        read_idc(path, 5, "cifar10")


def test_pixels_outside_are_refused_or_clipped(tmp_path, pixels):
    path = tmp_path / "data.pt"
    torch.save([as_idc(pixels) * 1.5, torch.arange(6)], path)
    with pytest.raises(ValueError, match=r"std=\[1.0, 1.0, 1.0\].*clip=True"):
        read_idc(path, 2, "cifar10")
    read = read_idc(path, 2, "cifar10", clip=True)
    expected = np.minimum(pixels * np.float32(1.5), 1.0)
    np.testing.assert_allclose(read.images[:, 0], expected, rtol=1e-6)


@pytest.mark.parametrize(
    "content, message",
    [
        (IMAGES, r"a pair \[images, labels\]. Received: Tensor"),
        ([IMAGES], "Received: a list of 1"),
        ({"data": IMAGES}, r"Received: a dict of \['data'\]"),
    ],
)
def test_a_file_is_a_pair(tmp_path, content, message):
    torch.save(content, tmp_path / "data.pt")
    with pytest.raises(ValueError, match=message):
        read_idc(tmp_path / "data.pt", 1, "cifar10")
