import sys

import numpy as np
import pytest

from keras_tgdd import datasets
from keras_tgdd.datasets import tfds_images


def test_digits_are_real_and_embedded(digits):
    assert digits.x_train.shape == (1437, 8, 8, 1)
    assert digits.x_test.shape == (360, 8, 8, 1)
    assert digits.x_train.dtype == np.uint8 and digits.x_train.max() == 255
    assert digits.y_train.dtype == np.int64
    assert digits.class_names == tuple("0123456789")
    assert digits.num_classes == 10 and digits.image_shape == (8, 8, 1)
    assert not digits.flip


def test_the_split_is_fixed_and_stratified(digits):
    again = datasets.load("digits")
    np.testing.assert_array_equal(again.x_test, digits.x_test)
    assert digits.y_train[:6].tolist() == [3, 9, 1, 3, 1, 9]
    share = np.bincount(digits.y_test) / 360
    np.testing.assert_allclose(share, 0.1, atol=0.01)


def test_mean_and_std_are_of_the_training_images(digits):
    pixels = digits.x_train / 255
    found = digits.normalization
    assert found.mean.shape == found.std.shape == (1,)
    np.testing.assert_allclose(found.mean, pixels.mean(), rtol=1e-5)
    np.testing.assert_allclose(found.std, pixels.std(), rtol=1e-5)


def test_the_parts_of_a_data_set(digits):
    assert digits.train is digits.train
    assert digits.train.x is digits.x_train
    assert digits.train.y is digits.y_train
    assert digits.train.class_names == digits.class_names
    assert digits.train.normalization == digits.normalization
    x, y = digits.test
    assert x is digits.x_test and y is digits.y_test


def test_digits_can_be_resized():
    data = datasets.load("digits", image_size=16)
    assert data.x_train.shape == (1437, 16, 16, 1)


@pytest.fixture
def prepared(tmp_path):
    """A prepared set of tensorflow-datasets: six images in two classes."""
    tfds = pytest.importorskip("tensorflow_datasets")

    def prepare(name, shape, sides):
        from tensorflow_datasets.testing import DummyDataset  # noqa: F401

        def generate(count):
            for key in range(count):
                side = sides[key % len(sides)]
                image = np.full((side, side, shape[-1]), 10 * key, "uint8")
                yield key, {"image": image, "label": key % 2}

        tfds.dataset_builders.store_as_tfds_dataset(
            name=name,
            version="1.0.0",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=shape),
                    "label": tfds.features.ClassLabel(names=["cat", "dog"]),
                }
            ),
            split_datasets={"train": generate(6), "test": generate(4)},
            data_dir=tmp_path,
            disable_shuffling=True,
        )
        return tmp_path

    return prepare


def test_a_prepared_set_is_read_without_a_network(prepared):
    data_dir = prepared("my_images", (6, 6, 3), sides=[6])
    data = datasets.load("my_images", data_dir)
    assert data.x_train.shape == (6, 6, 6, 3) and data.x_test.shape[0] == 4
    assert data.class_names == ("cat", "dog")
    assert data.x_train[:, 0, 0, 0].tolist() == [0, 10, 20, 30, 40, 50]
    assert data.y_train.tolist() == [0, 1] * 3
    assert data.flip


def test_images_of_differing_sizes_become_squares(prepared):
    data_dir = prepared("my_images", (None, None, 3), sides=[6, 9])
    small = datasets.load("my_images", data_dir, image_size=4)
    assert small.x_train.shape == (6, 4, 4, 3)
    assert datasets.load("my_images", data_dir).x_test.shape == (4, 128, 128, 3)


@pytest.mark.parametrize(
    "name, test_part, shape, num_classes, flip",
    [
        ("mnist", "test", (28, 28, 1), 10, False),
        ("fashion_mnist", "test", (28, 28, 1), 10, True),
        ("svhn_cropped", "test", (32, 32, 3), 10, False),
        ("cifar10", "test", (32, 32, 3), 10, True),
        ("cifar100", "test", (32, 32, 3), 100, True),
        ("imagenette", "validation", (128, 128, 3), 10, True),
    ],
)
def test_the_names_of_the_field(
    tmp_path, name, test_part, shape, num_classes, flip
):
    """Invented examples, in the features of the set of that name."""
    tfds = pytest.importorskip("tensorflow_datasets")
    builder = tfds.builder(name, data_dir=tmp_path)
    features = builder.info.features
    fill = {"id": "some", "coarse_label": 0}

    def generate(count):
        for key in range(count):
            size = [side or 9 for side in features["image"].shape]
            example = {"image": np.full(size, 10 * key, "uint8"), "label": key}
            rest = {k: v for k, v in fill.items() if k in features}
            yield key, {**example, **rest}

    config = builder.builder_config
    tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version=str(builder.version),
        config=config and config.name,
        features=features,
        split_datasets={"train": generate(5), test_part: generate(3)},
        data_dir=tmp_path,
        disable_shuffling=True,
    )
    data = datasets.load(name, tmp_path)
    assert data.image_shape == shape and data.num_classes == num_classes
    assert data.flip == flip
    assert data.x_train[:, 0, 0, 0].tolist() == [0, 10, 20, 30, 40]
    assert data.y_train.tolist() == [0, 1, 2, 3, 4]
    assert data.y_test.tolist() == [0, 1, 2]


def test_a_name_that_does_not_exist():
    pytest.importorskip("tensorflow_datasets")
    with pytest.raises(ValueError, match="name='cifar11'.*'cifar10'"):
        datasets.load("cifar11")


def test_a_set_that_cannot_be_downloaded(tmp_path, monkeypatch):
    tfds = pytest.importorskip("tensorflow_datasets")

    def unreachable(self, **kwargs):
        raise ConnectionError("no network")

    monkeypatch.setattr(
        tfds.core.DatasetBuilder, "download_and_prepare", unreachable
    )
    with pytest.raises(RuntimeError, match="'mnist' is not in.*no network"):
        datasets.load("mnist", tmp_path)


def test_missing_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    message = r"other than 'digits' needs tensorflow-datasets.*\[datasets\]"
    with pytest.raises(ImportError, match=message):
        datasets.load("mnist")


@pytest.mark.parametrize(
    "module, extra, size",
    [
        ("sklearn.datasets", "selection", None),
        ("PIL.ImageOps", "images", 16),
    ],
)
def test_packages_of_the_digits_are_named(monkeypatch, module, extra, size):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"keras-tgdd\[{extra}\]"):
        datasets.load("digits", image_size=size)


def test_a_set_without_labels(monkeypatch):
    class Info:
        features = {"text": None}

    class Builder:
        info = Info()

    monkeypatch.setattr(tfds_images, "require", lambda *_: None)
    monkeypatch.setattr(tfds_images, "_builder", lambda *_: Builder())
    with pytest.raises(ValueError, match="features 'image' and 'label'"):
        datasets.load("imdb_reviews")
