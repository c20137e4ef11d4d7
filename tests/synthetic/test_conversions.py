import sys

import numpy as np
import pytest
from PIL import Image

from keras_tgdd import DistilledDataset
from keras_tgdd import Normalization
from keras_tgdd.synthetic.conversions import to_tf_dataset
from keras_tgdd.synthetic.conversions import to_torch_dataset


@pytest.fixture
def distilled(rng):
    return DistilledDataset(
        rng.random((3, 2, 8, 6, 3)).astype("float32"),
        class_names=["dress", "../up", "T-shirt/top"],
        factor=2,
        normalization=Normalization([0.4, 0.5, 0.6], [0.2, 0.3, 0.4]),
    )


def test_preprocesses_bytes_and_floats_alike(distilled, rng):
    x = rng.integers(0, 256, (4, 8, 6, 3)).astype("uint8")
    expected = (x / 255 - [0.4, 0.5, 0.6]) / [0.2, 0.3, 0.4]
    ready = distilled.preprocess(x)
    assert ready.dtype == np.float32
    np.testing.assert_allclose(ready, expected, atol=1e-5)
    as_floats = distilled.preprocess(x.astype("float32") / 255)
    np.testing.assert_allclose(as_floats, expected, atol=1e-5)
    with pytest.raises(ValueError, match=r"shape \(8, 6, 3\)"):
        distilled.preprocess(x[:, :4])


def test_to_torch_is_ready_and_channels_first(distilled):
    torch = pytest.importorskip("torch")
    dataset = distilled.to_torch()
    x, y = distilled.to_numpy()
    assert len(dataset) == len(x) == 24
    image, label = dataset[17]
    assert image.dtype == torch.float32 and label.dtype == torch.int64
    np.testing.assert_array_equal(
        image.numpy().transpose(1, 2, 0), distilled.preprocess(x)[17]
    )
    assert int(label) == y[17] == 2


def test_to_tf_is_ready(distilled):
    pytest.importorskip("tensorflow")
    x, y = distilled.to_numpy()
    batches = list(distilled.to_tf(batch_size=10).as_numpy_iterator())
    assert [len(labels) for _, labels in batches] == [10, 10, 4]
    images = np.concatenate([images for images, _ in batches])
    np.testing.assert_array_equal(images, distilled.preprocess(x))
    labels = np.concatenate([labels for _, labels in batches])
    np.testing.assert_array_equal(labels, y)
    one = next(distilled.to_tf().as_numpy_iterator())
    assert one[0].shape == (8, 6, 3) and one[1] == 0
    with pytest.raises(ValueError, match="batch_size=0"):
        distilled.to_tf(batch_size=0)


@pytest.mark.parametrize(
    "package, method, convert",
    [
        ("torch", "to_torch", to_torch_dataset),
        ("tensorflow", "to_tf", to_tf_dataset),
    ],
)
def test_a_missing_framework_is_named(monkeypatch, package, method, convert):
    monkeypatch.setitem(sys.modules, package, None)
    x, y = np.zeros((1, 2, 2, 1), "float32"), np.zeros(1, "int64")
    with pytest.raises(
        ImportError, match=rf"`{method}`, .* needs {package}, .*\[{package}\]"
    ):
        convert(x, y)


def test_images_become_files_and_names_no_paths(distilled, tmp_path):
    target = tmp_path / "pictures"
    distilled.save_images(target)
    folders = sorted(path.name for path in target.iterdir())
    assert folders == ["00_dress", "01_.._up", "02_T-shirt_top"]
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]
    files = sorted(path.name for path in (target / "02_T-shirt_top").iterdir())
    assert files == ["000.png", "001.png"]
    with Image.open(target / "02_T-shirt_top" / "001.png") as picture:
        pixels = np.asarray(picture)
    expected = np.rint(255 * distilled.images[2, 1])
    np.testing.assert_array_equal(pixels, expected)


def test_grey_images_are_grey_files(rng, tmp_path):
    images = rng.random((2, 1, 4, 4, 1)).astype("float32")
    DistilledDataset(images).save_images(tmp_path)
    with Image.open(tmp_path / "01_1" / "000.png") as picture:
        assert picture.mode == "L"
        pixels = np.asarray(picture)
    np.testing.assert_array_equal(pixels, np.rint(255 * images[1, 0, ..., 0]))
    two = DistilledDataset(rng.random((2, 1, 4, 4, 2)).astype("float32"))
    with pytest.raises(ValueError, match="Received: images of 2 channels"):
        two.save_images(tmp_path / "other")
    assert not (tmp_path / "other").exists()
