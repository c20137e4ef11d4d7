import numpy as np

from keras_tgdd.datasets.statistics import channel_statistics


def test_bytes_and_floats_give_numpys_statistics(rng):
    x = rng.integers(0, 256, (5, 4, 3, 2)).astype("uint8")
    for images in (x, x.astype("float32") / 255):
        mean, std = channel_statistics(images)
        np.testing.assert_allclose(mean, (x / 255).mean((0, 1, 2)), rtol=1e-5)
        np.testing.assert_allclose(std, (x / 255).std((0, 1, 2)), rtol=1e-5)


def test_a_constant_channel_has_a_usable_std():
    _, std = channel_statistics(np.full((2, 2, 2, 1), 7, "uint8"))
    np.testing.assert_array_equal(std, [1.0])
