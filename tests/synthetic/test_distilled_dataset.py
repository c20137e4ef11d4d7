import sys

import numpy as np
import pytest
from PIL import Image

from keras_tgdd import DistilledDataset
from keras_tgdd import Normalization
from keras_tgdd.layers import MultiFormation
from keras_tgdd.storage.tensor_file import TensorFile


def make(rng, factor=2, channels=3, **changes):
    images = rng.random((2, 3, 8, 8, channels)).astype("float32")
    arguments = dict(
        class_names=("cat", "dog"),
        factor=factor,
        normalization=Normalization([0.1] * channels, [0.2] * channels),
        info={"steps": 5, "optimizer": {"name": "sgd"}},
    )
    return DistilledDataset(images, **{**arguments, **changes})


def test_save_and_load_give_the_same(rng, tmp_path):
    distilled = make(rng)
    distilled.save(tmp_path / "d.safetensors")
    loaded = DistilledDataset.load(tmp_path / "d.safetensors")
    for name in ("images", "labels"):
        np.testing.assert_array_equal(
            getattr(loaded, name), getattr(distilled, name)
        )
    for name in ("normalization", "class_names", "factor", "info"):
        assert getattr(loaded, name) == getattr(distilled, name)
    assert loaded.images_per_class == 3 and loaded.num_classes == 2
    assert loaded.image_shape == (8, 8, 3)


def test_the_tensors_of_a_file(rng, tmp_path):
    distilled = make(rng)
    distilled.save(tmp_path / "d.safetensors")
    stored = TensorFile(tmp_path / "d.safetensors", "keras_tgdd.distilled")
    assert sorted(stored.keys()) == ["images", "labels", "mean", "std"]
    for name, value in (("mean", 0.1), ("std", 0.2)):
        tensor = stored.get_tensor(name, "float32")
        np.testing.assert_array_equal(tensor, np.float32([value] * 3))


def test_labels_sort_images(rng):
    images = rng.random((5, 8, 8, 1)).astype("float32")
    labels = np.array([2, 0, 1, 0, 0])
    distilled = DistilledDataset(images, labels)
    order = [1, 3, 4, 2, 0]
    np.testing.assert_array_equal(distilled.images, images[order])
    assert distilled.labels.tolist() == [0, 0, 0, 1, 2]
    assert distilled.images_per_class == (3, 1, 1)
    np.testing.assert_array_equal(distilled.class_images(1), images[[2]])
    balanced = DistilledDataset(images[:4], np.array([1, 0, 1, 0]))
    assert balanced.images.shape == (2, 2, 8, 8, 1)
    np.testing.assert_array_equal(balanced.class_images(0), images[[1, 3]])


@pytest.mark.parametrize("kind", [tuple, list, np.array])
def test_names_become_a_tuple_of_strings(rng, kind):
    names = make(rng, class_names=kind(["cat", "dog"])).class_names
    assert names == ("cat", "dog") and {type(n) for n in names} == {str}
    assert make(rng, class_names=None).class_names == ("0", "1")


def test_by_default_networks_read_pixels(rng):
    distilled = make(rng, normalization=Normalization())
    assert distilled.normalization == Normalization([0.0] * 3, [1.0] * 3)
    x, _ = distilled.to_numpy()
    np.testing.assert_array_equal(distilled.preprocess(x), x)
    one = make(rng, normalization=Normalization(0.5, 0.1))
    assert one.normalization == Normalization([0.5] * 3, [0.1] * 3)


def test_to_numpy_decodes_in_the_order_class_image_tile(rng):
    distilled = make(rng)
    x, y = distilled.to_numpy()
    assert x.shape == (24, 8, 8, 3) and x.dtype == np.float32
    assert y.tolist() == [0] * 12 + [1] * 12
    single = MultiFormation(2)(distilled.images[1:, 2:])
    np.testing.assert_allclose(x[20:], np.asarray(single)[0], atol=1e-6)


def test_factor_1_is_not_changed_by_decoding(rng):
    distilled = make(rng, factor=1)
    x, _ = distilled.to_numpy()
    np.testing.assert_array_equal(x, distilled.images.reshape(-1, 8, 8, 3))


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_the_picture_has_one_row_a_class(rng, tmp_path, channels):
    make(rng, channels=channels).to_grid(tmp_path / "grid.png")
    with Image.open(tmp_path / "grid.png") as picture:
        pixels = np.asarray(picture.convert("L"))
    assert pixels.shape[1] > pixels.shape[0] > 100
    # Rows of images, apart by white: dark runs down the middle of the page.
    rows = np.any(pixels[:, pixels.shape[1] * 2 // 3 :] < 200, axis=1)
    starts = np.flatnonzero(rows[1:] & ~rows[:-1])
    assert len(starts) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["grid.png"]


@pytest.mark.parametrize(
    "changes, message",
    [
        (
            {"images": np.zeros((2, 8, 8, 1), "float32")},
            "n_classes, images_per",
        ),
        ({"images": np.full((2, 1, 8, 8, 1), 2.0)}, r"must lie in \[0, 1\]"),
        ({"class_names": ("cat",)}, "one name per class, 2"),
        ({"factor": 9}, "`factor` must not be larger"),
        ({"normalization": Normalization([0.1, 0.2])}, "each of 1 channels"),
    ],
)
def test_refuses_arguments(rng, changes, message):
    images = rng.random((2, 1, 8, 8, 1)).astype("float32")
    with pytest.raises(ValueError, match=message):
        DistilledDataset(**{"images": images, **changes})
    with pytest.raises(TypeError, match=r"Normalization.*\(0.1, 0.2\)"):
        DistilledDataset(images, normalization=(0.1, 0.2))


def test_a_missing_package_of_pictures_is_named(rng, tmp_path, monkeypatch):
    distilled = make(rng)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    for write, package in (
        (distilled.to_grid, "matplotlib"),
        (distilled.save_images, "Pillow"),
    ):
        message = rf"needs {package}.*keras-tgdd\[images\]"
        with pytest.raises(ImportError, match=message):
            write(tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_refuses_files_of_another_kind(experts):
    with pytest.raises(ValueError, match="must be a 'keras_tgdd.distilled'"):
        DistilledDataset.load(experts._readers[0].filepath)


def test_refuses_truncated_files(rng, tmp_path):
    path = tmp_path / "d.safetensors"
    make(rng).save(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="truncated"):
        DistilledDataset.load(path)


def test_an_unwritable_path_is_an_error_and_leaves_nothing(rng, tmp_path):
    (tmp_path / "file").write_text("kept")
    for write in (make(rng).save, make(rng).to_grid):
        with pytest.raises(OSError):
            write(tmp_path / "file" / "d")
    assert (tmp_path / "file").read_text() == "kept"
