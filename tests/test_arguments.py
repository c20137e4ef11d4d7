import numpy as np
import pytest

from keras_tgdd import arguments

IMAGES = np.zeros((4, 8, 8, 1), "float32")


@pytest.mark.parametrize(
    "x, error, message",
    [
        ([[1]], TypeError, "NumPy array. Received: x of type list"),
        (IMAGES[..., 0], ValueError, r"x\[..., None\]"),
        (IMAGES[:0], ValueError, "no axis of length 0"),
        (IMAGES.astype("int32"), TypeError, "Received: dtype=int32"),
        (np.full_like(IMAGES, np.nan), ValueError, "NaN or infinity"),
        (np.full_like(IMAGES, np.inf), ValueError, "NaN or infinity"),
        (IMAGES + 255, ValueError, "max=255. Divide by 255"),
        (IMAGES - 1, ValueError, r"must lie in \[0, 1\]"),
    ],
)
def test_images_are_refused(x, error, message):
    with pytest.raises(error, match=message):
        arguments.check_images(x)


def test_a_single_nan_is_found():
    x = IMAGES.copy()
    x[3, 7, 7, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        arguments.check_images(x)


@pytest.mark.parametrize(
    "y, error, message",
    [
        ([0, 1, 0, 1], TypeError, "NumPy array of integer labels"),
        (np.zeros(4), TypeError, r"argmax\(-1\)"),
        (np.array([0, 1]), ValueError, r"shape \(4,\). Received: shape=\(2,\)"),
        (np.array([0, 1, -1, 1]), ValueError, "min=-1"),
        (np.array([0, 1, 3, 1]), ValueError, r"in \[0, 3\).*max=3"),
        (np.array([0, 0, 2, 2]), ValueError, r"no images of class \[1\]"),
    ],
)
def test_labels_are_refused(y, error, message):
    with pytest.raises(error, match=message):
        arguments.check_labels(y, 4, num_classes=3)


def test_the_number_of_classes_is_inferred():
    assert arguments.check_labels(np.array([0, 2, 1, 1]), 4) == 3


@pytest.mark.parametrize("value", [0, -3, 1.0, True, "1", None])
def test_numbers_are_refused(value):
    with pytest.raises(ValueError, match="`n` must be a positive integer"):
        arguments.check_positive_int("n", value)


def test_numpy_integers_pass():
    arguments.check_positive_int("n", np.int64(3))


def test_a_directory_that_can_be_written_is_created(tmp_path):
    arguments.check_writable(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
