import numpy as np
import pytest

from keras_tgdd.datasets import statistics
from keras_tgdd.datasets.statistics import channel_statistics
from keras_tgdd.datasets.statistics import complete_statistics

# No backend takes part.
pytestmark = pytest.mark.once


def test_bytes_and_floats_give_numpys_statistics(rng):
    x = rng.integers(0, 256, (5, 4, 3, 2)).astype("uint8")
    for images in (x, x.astype("float32") / 255):
        mean, std = channel_statistics(images)
        np.testing.assert_allclose(mean, (x / 255).mean((0, 1, 2)), rtol=1e-5)
        np.testing.assert_allclose(std, (x / 255).std((0, 1, 2)), rtol=1e-5)


def test_images_are_counted_in_parts(rng, monkeypatch):
    x = rng.integers(0, 256, (5, 4, 3, 2)).astype("uint8")
    floats = x / np.float32(255)
    whole = channel_statistics(x), channel_statistics(floats)
    monkeypatch.setattr(statistics, "_CHUNK", 2)
    np.testing.assert_array_equal(channel_statistics(x), whole[0])
    np.testing.assert_allclose(channel_statistics(floats), whole[1], rtol=1e-6)


def test_a_constant_channel_has_a_usable_std():
    _, std = channel_statistics(np.full((2, 2, 2, 1), 7, "uint8"))
    np.testing.assert_array_equal(std, [1.0])


def test_only_what_is_missing_is_computed(rng):
    x = rng.integers(0, 256, (5, 4, 3, 2)).astype("uint8")
    mean, std = channel_statistics(x)
    assert complete_statistics(x, 0.1, 0.2) == (0.1, 0.2)
    given, computed = complete_statistics(x, 0.1, None)
    assert given == 0.1
    np.testing.assert_array_equal(computed, std)
    np.testing.assert_array_equal(complete_statistics(x, None, 0.2)[0], mean)
