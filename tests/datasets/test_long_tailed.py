import dataclasses

import numpy as np
import pytest

from keras_tgdd.datasets import ImageDataset
from keras_tgdd.datasets import Normalization
from keras_tgdd.datasets import long_tailed

# No backend takes part.
pytestmark = pytest.mark.once


def make(counts, seed=5):
    """Images that carry their own number, in random order."""
    y = np.repeat(np.arange(len(counts)), counts)
    y = np.random.default_rng(seed).permutation(y)
    x = np.arange(len(y), dtype="uint32").view("uint8").reshape(-1, 1, 1, 4)
    return ImageDataset(
        name="made",
        x_train=x,
        y_train=y,
        x_test=x[:7],
        y_test=y[:7],
        class_names=tuple(f"class {c}" for c in range(len(counts))),
        normalization=Normalization([0.3] * 4, [0.2] * 4),
        flip=False,
    )


def numbers(data):
    return data.x_train.reshape(-1, 4).view("uint32").ravel()


# Of 5000 images a class, as CIFAR-10 has them, in 40 decimal digits.
PROFILES = {
    10: [5000, 3871, 2997, 2321, 1797, 1391, 1077, 834, 646, 500],
    100: [5000, 2997, 1797, 1077, 646, 387, 232, 139, 83, 50],
    200: [5000, 2775, 1540, 855, 475, 263, 146, 81, 45, 25],
}


@pytest.mark.parametrize("imbalance", [10, 100, 200])
def test_classes_follow_the_exponential_profile(imbalance):
    tailed = long_tailed(make([5000] * 10), imbalance)
    counts = [int(np.sum(tailed.y_train == c)) for c in range(10)]
    assert counts == PROFILES[imbalance]
    ratio = imbalance ** (1 / 9)
    assert counts == [round(5000 / ratio**c) for c in range(10)]


def test_images_keep_their_labels_and_their_order():
    data = make([40] * 4)
    tailed = long_tailed(data, 20, seed=3)
    kept = numbers(tailed)
    assert np.all(np.diff(kept.astype(int)) > 0)
    np.testing.assert_array_equal(tailed.y_train, data.y_train[kept])
    assert len(tailed.x_train) == len(tailed.y_train) == 40 + 15 + 5 + 2


def test_all_but_the_training_images_stays():
    data = make([40] * 4)
    tailed = long_tailed(data, 20)
    for field in dataclasses.fields(data):
        if field.name not in ("x_train", "y_train"):
            assert getattr(tailed, field.name) is getattr(data, field.name)
    assert len(tailed.train.y) == len(tailed.y_train) < len(data.train.y)
    assert tailed.train.normalization == data.train.normalization


def test_seed_decides():
    data = make([60] * 3)
    first, same, other = (
        numbers(long_tailed(data, 10, seed=seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, same)
    assert len(first) == len(other) and np.any(first != other)


def test_more_imbalance_keeps_a_part_of_what_less_keeps():
    data = make([60] * 3)
    some, few = (numbers(long_tailed(data, i, seed=4)) for i in (5, 30))
    assert set(few) < set(some)


def test_an_imbalance_of_1_is_the_same_data():
    data = make([9, 5, 7])
    tailed = long_tailed(data, 1)
    np.testing.assert_array_equal(tailed.x_train, data.x_train)
    np.testing.assert_array_equal(tailed.y_train, data.y_train)


def test_never_more_than_there_are_and_never_none():
    tailed = long_tailed(make([30, 3, 30, 30]), 1000.0)
    assert np.bincount(tailed.y_train).tolist() == [30, 3, 1, 1]
    alone = long_tailed(make([6]), 100)
    assert len(alone.y_train) == 6


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"data": "cifar10"}, TypeError, "an ImageDataset.*Received: str"),
        ({"imbalance": 0.5}, ValueError, "at least 1.*imbalance=0.5"),
        ({"imbalance": 0}, ValueError, "imbalance=0"),
        ({"imbalance": -10}, ValueError, "imbalance=-10"),
        ({"imbalance": np.nan}, ValueError, "imbalance=nan"),
        ({"imbalance": np.inf}, ValueError, "imbalance=inf"),
        ({"imbalance": "100"}, ValueError, "imbalance='100'"),
        ({"imbalance": True}, ValueError, "imbalance=True"),
        ({"seed": -1}, ValueError, "`seed` must be an integer"),
        ({"seed": 0.5}, ValueError, "`seed` must be an integer"),
    ],
)
def test_bad_input_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        long_tailed(**{"data": make([4, 4]), **arguments})
