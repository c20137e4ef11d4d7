import keras
import numpy as np
import pytest

from keras_tgdd.datasets.real_images import RealImages
from keras_tgdd.datasets.real_images import collect


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


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        images = np.full((2, 4, 4, 1), index, "uint8")
        return images, np.array([index, 0])


def test_collects_a_py_dataset():
    x, y = collect(Batches())
    assert x.shape == (6, 4, 4, 1)
    assert y.tolist() == [0, 0, 1, 0, 2, 0]


def test_collects_a_tf_dataset():
    tf = pytest.importorskip("tensorflow")
    dataset = tf.data.Dataset.from_tensor_slices(
        (np.arange(5, dtype="uint8")[:, None, None, None], np.arange(5))
    ).batch(2)
    x, y = collect(dataset)
    assert x.ravel().tolist() == y.tolist() == [0, 1, 2, 3, 4]


def test_refuses_other_things():
    with pytest.raises(TypeError, match="Received: list"):
        collect([1, 2])
    with pytest.raises(ValueError, match="`y` must be None"):
        collect(Batches(), np.zeros(6))
