import numpy as np
import pytest

from keras_tgdd.datasets import TrainingData
from keras_tgdd.datasets.real_images import RealImages


def make(counts=(6, 2, 9)):
    y = np.repeat(np.arange(len(counts)), counts)
    order = np.random.default_rng(0).permutation(len(y))
    y = y[order]
    x = np.arange(len(y), dtype="uint8")[:, None, None, None]
    return RealImages(TrainingData(x, y)), y


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
    x = np.arange(3, dtype="uint8")[:, None, None, None]
    part = TrainingData(x, np.array([0, 2, 2]), num_classes=4)
    with pytest.raises(ValueError, match=r"no images of class \[1, 3\]"):
        RealImages(part)
    real = RealImages(part, every_class=False)
    assert real.counts.tolist() == [1, 0, 2, 0] and real.num_classes == 4
    drawn = real.draw(np.random.default_rng(0), 2)[..., 0, 0, 0]
    assert drawn[0].tolist() == [0, 0] and sorted(drawn[2]) == [1, 2]


def test_knows_what_its_data_are():
    real, y = make()
    assert real.image_shape == (1, 1, 1) and real.num_classes == 3
    assert real.x is real.data.x and real.counts.tolist() == [6, 2, 9]
    assert real.fingerprint() == real.data.fingerprint()


def test_all_images_in_turn():
    real, y = make()
    index, first = real.all_index()
    assert index.shape == first.shape == (3, 9)
    for label, size in enumerate((6, 2, 9)):
        members = np.flatnonzero(y == label)
        np.testing.assert_array_equal(index[label], np.resize(members, 9))
        assert first[label].tolist() == [True] * size + [False] * (9 - size)
