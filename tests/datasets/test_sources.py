import numpy as np
import pytest
from support.sources import IMAGES
from support.sources import LABELS
from support.sources import SOURCES
from support.sources import Batches
from support.sources import tf_dataset

from keras_tgdd.datasets.sources import batches_of
from keras_tgdd.datasets.sources import collect
from keras_tgdd.datasets.sources import is_source


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_collects_batches(make):
    assert is_source(make())
    x, y = collect(make())
    np.testing.assert_array_equal(x, IMAGES)
    np.testing.assert_array_equal(y, LABELS)


def test_a_data_loader_may_have_channels_last():
    torch = pytest.importorskip("torch")
    dataset = torch.utils.data.TensorDataset(
        torch.from_numpy(IMAGES), torch.from_numpy(LABELS)
    )
    x, _ = collect(torch.utils.data.DataLoader(dataset, batch_size=5))
    np.testing.assert_array_equal(x, IMAGES)  # Of 8, 6 and 3, only 3 fits.


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: [1, 2], TypeError, "must be a `keras.*Received: list"),
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


@pytest.mark.parametrize("value", [IMAGES, (IMAGES, LABELS), "cifar10", None])
def test_arrays_and_names_are_no_source(value):
    assert not is_source(value)


def test_batches_of_goes_through_once():
    shapes = [(len(x), len(y)) for x, y in batches_of(Batches())]
    assert shapes == [(2, 2), (2, 2), (1, 1)]
