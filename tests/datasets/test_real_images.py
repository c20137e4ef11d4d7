import numpy as np
import pytest

from keras_tgdd.datasets.real_images import RealImages


def make(counts=(6, 2, 9)):
    y = np.repeat(np.arange(len(counts)), counts)
    order = np.random.default_rng(0).permutation(len(y))
    y = y[order]
    x = np.arange(len(y), dtype="uint8")[:, None, None, None]
    return RealImages(x, y, len(counts), (1, 1, 1)), y


@pytest.mark.parametrize("count", [1, 2, 6, 7])
def test_every_class_gets_its_own_images(count):
    real, y = make()
    drawn = real.draw(np.random.default_rng(1), count)
    assert drawn.shape == (3, count, 1, 1, 1)
    for label in range(3):
        index = drawn[label].ravel()
        assert np.all(y[index] == label)
        # Without replacement, or each in turn where the class is smaller.
        repeats = np.bincount(index)[np.unique(index)]
        assert repeats.max() == -(-count // min(count, (6, 2, 9)[label]))


def test_every_image_is_drawn_equally_often():
    real, y = make()
    generator = np.random.default_rng(1)
    counts = np.zeros(17)
    for _ in range(3000):
        np.add.at(counts, real.draw(generator, 2).ravel(), 1)
    for label, size in enumerate((6, 2, 9)):
        share = counts[y == label] / 3000
        np.testing.assert_allclose(share, 2 / size, rtol=0.15)


def test_refuses_classes_without_images():
    x = np.zeros((2, 1, 1, 1), "uint8")
    with pytest.raises(ValueError, match=r"no images of class \[1\]"):
        RealImages(x, np.array([0, 2]), 3, (1, 1, 1))
