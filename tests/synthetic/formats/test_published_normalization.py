import numpy as np
import pytest
from support.benchmark_tensors import CIFAR10
from support.benchmark_tensors import CIFAR100
from support.benchmark_tensors import IMAGENET

from keras_tgdd.datasets import Normalization
from keras_tgdd.synthetic.formats import published_normalization as published
from keras_tgdd.synthetic.formats.published_normalization import (
    choose_constants,
)

# No backend takes part.
pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    "table, name, constants",
    [
        ("DD_RANKING", "cifar10", CIFAR10),
        ("DD_RANKING", "CIFAR100", CIFAR10),
        ("DD_RANKING", "TinyImageNet", IMAGENET),
        ("DD_RANKING", "imagenet", IMAGENET),
        ("DC_BENCHMARK", "CIFAR10", CIFAR10),
        ("DC_BENCHMARK", "cifar-100", CIFAR100),
        ("DC_BENCHMARK", "tiny_imagenet", IMAGENET),
        ("DC_BENCHMARK", "MNIST", ([0.1307], [0.3081])),
        ("DC_BENCHMARK", "FashionMNIST", ([0.2861], [0.3530])),
        ("IDC", "cifar100", CIFAR10),
        (
            "IDC",
            "svhn",
            ([0.4377, 0.4438, 0.4728], [0.1980, 0.2010, 0.1970]),
        ),
    ],
)
def test_a_name_means_the_constants_of_the_benchmark(table, name, constants):
    channels = len(constants[0])
    chosen = choose_constants(getattr(published, table), name, channels)
    assert chosen == Normalization(*constants)
    assert chosen.mean.shape == (channels,)


def test_a_normalization_is_used_as_it_is():
    chosen = choose_constants(published.IDC, Normalization(0.4, 0.2), 3)
    assert chosen == Normalization([0.4] * 3, [0.2] * 3)
    np.testing.assert_array_equal(chosen.std, np.float32([0.2] * 3))


@pytest.mark.parametrize(
    "normalization, error, message",
    [
        (
            "mnist",
            ValueError,
            r"one of \['cifar10', .*pass a `keras_tgdd.Normalization`.*'mnist'",
        ),
        (None, TypeError, r"one of \['cifar10', .*Received.*None"),
        ((0.0, 1.0), TypeError, r"Normalization`. Received.*\(0.0, 1.0\)"),
        (Normalization([0.0, 0.0]), ValueError, "`mean`.*each of 3 channels"),
    ],
)
def test_refuses_constants(normalization, error, message):
    with pytest.raises(error, match=message):
        choose_constants(published.DD_RANKING, normalization, 3)


def test_a_name_has_a_number_of_channels():
    with pytest.raises(ValueError, match="`mean`.*each of 1 channels"):
        choose_constants(published.IDC, "cifar10", 1)
