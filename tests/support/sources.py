"""Five labelled images in every container that batches come in."""

import keras
import numpy as np
import pytest

IMAGES = np.uint8(np.arange(720) % 256).reshape(5, 8, 6, 3)
LABELS = np.array([0, 1, 2, 0, 1])


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        part = slice(2 * index, 2 * index + 2)
        return IMAGES[part], LABELS[part]


def tf_dataset(content=(IMAGES, LABELS)):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(content)


def data_loader(images=IMAGES, labels=LABELS):
    torch = pytest.importorskip("torch")
    first = torch.from_numpy(np.moveaxis(images, -1, 1).copy())
    dataset = torch.utils.data.TensorDataset(first, torch.from_numpy(labels))
    return torch.utils.data.DataLoader(dataset, batch_size=2)


def batches():
    yield IMAGES[:3], LABELS[:3]
    yield IMAGES[3:], LABELS[3:]


# Functions that make a source, by its kind.
SOURCES = {
    "PyDataset": Batches,
    "tf.data": lambda: tf_dataset().batch(2),
    "DataLoader": data_loader,
    "function": lambda: batches,
}
