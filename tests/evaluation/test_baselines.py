import numpy as np
import pytest

from keras_tgdd import Normalization
from keras_tgdd.datasets import ImageDataset
from keras_tgdd.datasets import TrainingData
from keras_tgdd.datasets.selection import SELECTIONS
from keras_tgdd.evaluation import select_images


def test_whole_images_are_real_ones(small_data):
    x, y = small_data
    baseline = select_images(small_data, 4, seed=2)
    images, labels = baseline.to_numpy()
    assert images.shape == (12, 8, 8, 2)
    for image, label in zip(images, labels, strict=True):
        real = x[y == label] / np.float32(255)
        assert np.any(np.all(np.isclose(real, image), axis=(1, 2, 3)))
    np.testing.assert_allclose(
        baseline.normalization.mean, (x / 255).mean(axis=(0, 1, 2)), rtol=1e-5
    )
    assert baseline.info == {"method": "random real images", "seed": 2}


def test_mosaics_store_as_much_and_decode_to_more(small_data):
    baseline = select_images(small_data, 2, factor=2)
    assert baseline.images.shape == (3, 2, 8, 8, 2)
    assert len(baseline.to_numpy()[0]) == 3 * 2 * 4


def test_seed_decides(small_data):
    first, same, other = (
        select_images(small_data, 2, seed=seed).images for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, same)
    assert np.any(first != other)


@pytest.mark.parametrize("method", SELECTIONS)
def test_chosen_by_features_within_each_class(small_data, method):
    x, y = small_data
    # The first two images of a class are far from all others and each other.
    features = np.zeros((len(x), 2))
    for label in range(3):
        features[np.flatnonzero(y == label)[:2]] = [[9, 0], [0, 9]]
    chosen = select_images(small_data, 2, method, features=features)
    images, labels = chosen.to_numpy()
    assert labels.tolist() == [0, 0, 1, 1, 2, 2]
    positions = [
        int(np.argmin(np.abs(x / 255 - image).sum(axis=(1, 2, 3))))
        for image in images
    ]
    assert y[positions].tolist() == labels.tolist()
    assert len(set(positions)) == 6
    if method == "k_center":  # the middle, and then the farthest
        far = np.any(features[positions] == 9, axis=1)
        assert far.reshape(3, 2).sum(axis=1).tolist() == [1, 1, 1]
    assert chosen.info["method"] == f"{method} real images"


def test_classes_differ_in_what_chance_takes():
    marks = np.tile(np.arange(20), 3)  # the same in each of three classes
    x = np.zeros((60, 4, 4, 1), "uint8") + marks[:, None, None, None]
    y = np.repeat(np.arange(3), 20)
    images = select_images((x.astype("uint8"), y), 5).images
    taken = {tuple(np.sort(group[:, 0, 0, 0])) for group in images}
    assert len(taken) == 3


def test_a_small_class_repeats_its_images(small_data):
    x, y = small_data
    keep = np.r_[np.flatnonzero(y == 0)[:2], np.flatnonzero(y > 0)]
    chosen = select_images((x[keep], y[keep]), 3, "herding")
    first = chosen.images[0].reshape(3, -1)
    assert len(np.unique(first, axis=0)) == 2


def test_names_and_normalization_come_from_the_data(small_data):
    x, y = small_data
    names, normalization = ("dark", "medium", "bright"), Normalization(0.4, 0.2)
    data = ImageDataset(
        name="small",
        x_train=x,
        y_train=y,
        x_test=x[:1] + 9,
        y_test=y[:1],
        class_names=names,
        normalization=normalization,
    )
    for given in (data, TrainingData(x, y, names, normalization)):
        chosen = select_images(given, {"dark": 3, "medium": 1, "bright": 2})
        assert tuple(chosen.class_names) == names
        assert chosen.normalization == normalization.for_channels(2)
        assert chosen.images_per_class == (3, 1, 2)
        plain = select_images(small_data, (3, 1, 2))
        np.testing.assert_array_equal(chosen.images, plain.images)


def test_a_class_without_images_is_refused(small_data):
    data = TrainingData(*small_data, num_classes=4)
    with pytest.raises(ValueError, match=r"no images of class \[3\]"):
        select_images(data, 1)


def test_refuses_unknown_methods_and_features_that_do_not_fit(small_data):
    with pytest.raises(ValueError, match="Received: selection='best'"):
        select_images(small_data, 1, "best")
    with pytest.raises(ValueError, match="Received: 5 rows"):
        select_images(small_data, 1, "herding", features=np.zeros((5, 2)))
    with pytest.raises(TypeError, match="pass the pair"):
        select_images(small_data[0], 1)
