import numpy as np

from keras_tgdd.evaluation import random_images


def test_whole_images_are_real_ones(small_data):
    x, y = small_data
    baseline = random_images(x, y, images_per_class=4, seed=2)
    images, labels = baseline.to_numpy()
    assert images.shape == (12, 8, 8, 2)
    for image, label in zip(images, labels, strict=True):
        real = x[y == label] / np.float32(255)
        assert np.any(np.all(np.isclose(real, image), axis=(1, 2, 3)))
    np.testing.assert_allclose(
        baseline.mean, (x / 255).mean(axis=(0, 1, 2)), rtol=1e-5
    )


def test_mosaics_store_as_much_and_decode_to_more(small_data):
    baseline = random_images(*small_data, images_per_class=2, factor=2)
    assert baseline.images.shape == (3, 2, 8, 8, 2)
    assert len(baseline.to_numpy()[0]) == 3 * 2 * 4


def test_seed_decides(small_data):
    first, same, other = (
        random_images(*small_data, images_per_class=2, seed=seed).images
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, same)
    assert np.any(first != other)
