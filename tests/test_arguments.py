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


@pytest.mark.parametrize(
    "names", [("a", "b"), ["a", "b"], np.array(["a", "b"]), iter("ab")]
)
def test_class_names_become_a_tuple_of_strings(names):
    found = arguments.check_class_names(names, 2)
    assert found == ("a", "b") and {type(name) for name in found} == {str}


def test_class_names_are_optional_and_numbers_are_names():
    assert arguments.check_class_names(None, 2) is None
    assert arguments.check_class_names(np.arange(2), 2) == ("0", "1")


@pytest.mark.parametrize(
    "names, error, message",
    [
        (("a", "b", "c"), ValueError, "one name per class, 2. Received: 3"),
        ((), ValueError, "one name per class, 2. Received: 0"),
        ("ab", TypeError, "one per class. Received: class_names='ab'"),
        (2, TypeError, "one per class. Received: class_names=2"),
    ],
)
def test_class_names_are_refused(names, error, message):
    with pytest.raises(error, match=message):
        arguments.check_class_names(names, 2)


@pytest.mark.parametrize("dtype", ["uint8", "float64", "float32"])
def test_images_become_float32_in_the_unit_range(dtype):
    x = np.array([0, 255], "uint8") if dtype == "uint8" else np.eye(2, 1)
    unit = arguments.to_unit_range(x.astype(dtype))
    assert unit.dtype == np.float32
    assert (unit.min(), unit.max()) == (0.0, 1.0)


@pytest.mark.parametrize(
    "names", [{"a", "b"}, {"a": 1, "b": 2}, np.array([["a"], ["b"]]), "ab"]
)
def test_class_names_are_a_sequence(names):
    with pytest.raises(TypeError, match="must be a sequence of strings"):
        arguments.check_class_names(names, 2)


def test_class_names_of_bytes_are_read():
    assert arguments.check_class_names([b"a", "b"], 2) == ("a", "b")
    assert arguments.check_class_names(np.array([b"a", b"b"]), 2) == ("a", "b")
