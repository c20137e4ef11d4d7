"""What synthetic images start from."""

import numpy as np
import pytest

from keras_tgdd.evaluation import select_images
from keras_tgdd.layers import SyntheticImages
from keras_tgdd.methods.initialization import start_from_real


def started(experts, data, method, counts=(1, 2, 1), seed=0):
    synthetic = SyntheticImages(3, counts, (8, 8, 2), factor=2)
    start_from_real(synthetic, *data, experts.features, method, seed)
    return synthetic.stored_images()


@pytest.mark.parametrize("method", ["k_means", "herding", "k_center"])
def test_images_are_those_that_the_method_selects(experts, small_data, method):
    x, y = small_data
    selected = select_images(
        x, y, [1, 2, 1], method, experts.features(x), factor=2
    )
    found = started(experts, small_data, method)
    np.testing.assert_array_equal(found, selected.images)


def test_random_images_are_those_of_adapt(experts, small_data):
    synthetic = SyntheticImages(3, (1, 2, 1), (8, 8, 2), factor=2)
    synthetic.adapt(*small_data, seed=5)
    found = started(experts, small_data, "random", seed=5)
    np.testing.assert_array_equal(found, synthetic.stored_images())
    other = started(experts, small_data, "random", seed=6)
    assert np.abs(other - found).max() > 0.01
