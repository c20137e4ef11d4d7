import keras
import numpy as np
import pytest

import keras_tgdd
from keras_tgdd.datasets.sources import batches_of
from keras_tgdd.datasets.sources import collect
from keras_tgdd.datasets.sources import is_source

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


@pytest.mark.parametrize(
    "make",
    [Batches, lambda: tf_dataset().batch(2), data_loader, lambda: batches],
    ids=["PyDataset", "tf.data", "DataLoader", "function"],
)
def test_collects_batches(make):
    assert is_source(make())
    x, y = collect(make())
    np.testing.assert_array_equal(x, IMAGES)
    np.testing.assert_array_equal(y, LABELS)


def test_collects_the_training_part_of_a_data_set(digits):
    x, y = collect(digits)
    assert x is digits.x_train and y is digits.y_train


def test_a_data_loader_may_have_channels_last():
    torch = pytest.importorskip("torch")
    dataset = torch.utils.data.TensorDataset(
        torch.from_numpy(IMAGES), torch.from_numpy(LABELS)
    )
    x, _ = collect(torch.utils.data.DataLoader(dataset, batch_size=5))
    np.testing.assert_array_equal(x, IMAGES)  # of 8, 6 and 3, only 3 fits


def test_a_data_loader_on_the_way_to_training(small_data, tmp_path):
    """What PyTorch's users have: floats of ToTensor, channels first."""
    x, y = small_data
    from support.networks import small_network

    experts = keras_tgdd.train_experts(
        small_network,
        data_loader(x.astype("float32") / 255, y),
        num_experts=1,
        epochs=1,
        directory=tmp_path,
        verbose=0,
    )
    assert experts.image_shape == (8, 8, 2) and experts.num_classes == 3


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: [1, 2], TypeError, "must be a NumPy array.*Received: list"),
        (lambda: "cifar10", TypeError, "Received: str"),
        (tf_dataset, ValueError, r"by `.batch\(256\)`"),
        (
            lambda: tf_dataset({"image": IMAGES}).batch(2),
            TypeError,
            "as_supervised=True.*Received: dict",
        ),
        (lambda: lambda: iter([IMAGES]), TypeError, "Received: ndarray"),
        (lambda: lambda: iter([]), ValueError, "at least one batch"),
    ],
)
def test_what_is_no_batches_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        collect(make())


def test_labels_come_from_one_place():
    with pytest.raises(ValueError, match="`y` must be None"):
        collect(Batches(), LABELS)


def test_batches_of_goes_through_once():
    shapes = [(len(x), len(y)) for x, y in batches_of(Batches())]
    assert shapes == [(2, 2), (2, 2), (1, 1)]
