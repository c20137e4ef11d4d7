"""Types of arguments, and checks of their values."""

import os
import tempfile
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

# A tensor of the running backend; the three backends share no class.
Tensor = Any
PathLike = str | os.PathLike[str]
Shape = tuple[int | None, ...]
# Seeds that `numpy.random.SeedSequence` accepts.
Seed = int | list[int]
# One number for all classes, or one per class by position, label or name.
ImagesPerClass = int | Sequence[int] | Mapping[int | str, int]
# (input_shape, num_classes) -> a functional classifier.
NetworkFn = Callable[[tuple[int, ...], int], keras.Model]


def check_positive_int(name: str, value: Any) -> None:
    """Raises `ValueError` unless `value` is an integer of at least 1."""
    if not _is_int(value) or value < 1:
        raise ValueError(
            f"`{name}` must be a positive integer. Received: {name}={value!r}"
        )


def check_seed(value: Any, name: str = "seed") -> None:
    """Raises `ValueError` unless `value` is an integer of at least 0."""
    if not _is_int(value) or value < 0:
        raise ValueError(
            f"`{name}` must be an integer of at least 0. Received: "
            f"{name}={value!r}"
        )


def _is_int(value):
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def check_weight(name: str, value: Any) -> None:
    """Raises `ValueError` unless `value` is a finite number of at least 0."""
    is_number = isinstance(value, (int, float, np.number))
    if not is_number or not np.isfinite(value) or value < 0:
        raise ValueError(
            f"`{name}` must be a finite number of at least 0. Received: "
            f"{name}={value!r}"
        )


def check_positive(name: str, value: Any) -> None:
    """Raises `ValueError` unless `value` is a finite number above 0."""
    is_number = isinstance(value, (int, float, np.number))
    # Comparisons with NaN are false, hence the `not`.
    if isinstance(value, bool) or not is_number or not 0 < value < np.inf:
        raise ValueError(
            f"`{name}` must be a positive finite number. Received: "
            f"{name}={value!r}"
        )


def check_images(
    x: Any, image_shape: tuple[int, ...] | None = None, name: str = "x"
) -> None:
    """Checks that an array holds images.

    Args:
        x: the value to check.
        image_shape: optional triple `(height, width, channels)` that the
            images must have.
        name: the argument's name, for the message.

    Raises:
        TypeError: if `x` is not a uint8 or floating-point array.
        ValueError: if `x` is not 4-D or empty, has NaN, infinity or other
            values outside [0, 1], or has another image shape.
    """
    if not isinstance(x, np.ndarray):
        raise TypeError(
            f"`{name}` must be a NumPy array. Received: {name} of type "
            f"{type(x).__name__}. Convert it with `np.asarray`."
        )
    if x.ndim != 4 or 0 in x.shape:
        raise ValueError(
            f"`{name}` must have shape (n, height, width, channels) with no "
            f"axis of length 0. Received: shape={x.shape}. Greyscale images "
            f"need a last axis of length 1: `{name}[..., None]`."
        )
    if x.dtype != np.uint8 and not np.issubdtype(x.dtype, np.floating):
        raise TypeError(
            f"`{name}` must be uint8 (0 to 255) or floating point (0.0 to "
            f"1.0). Received: dtype={x.dtype}"
        )
    if x.dtype != np.uint8:
        low, high = float(x.min()), float(x.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ValueError(
                f"`{name}` must not hold NaN or infinity. Received: "
                f"min={low}, max={high}"
            )
        if low < 0.0 or high > 1.0:
            raise ValueError(
                f"Floating-point `{name}` must lie in [0, 1]. Received: "
                f"min={low:g}, max={high:g}. Divide by 255, or pass uint8; "
                "normalization is applied by this package."
            )
    if image_shape is not None and tuple(x.shape[1:]) != tuple(image_shape):
        raise ValueError(
            f"Images of `{name}` must have shape {tuple(image_shape)}. "
            f"Received: {tuple(x.shape[1:])}"
        )


def check_labels(
    y: Any,
    num_images: int,
    num_classes: int | None = None,
    name: str = "y",
    every_class: bool = True,
) -> int:
    """Checks that labels fit their images.

    Args:
        y: the value to check.
        num_images: int, the number of images.
        num_classes: int, number of classes. `None` means `max(y) + 1`.
        name: the argument's name, for the message.
        every_class: whether every class must have an image, as in training
            data. Defaults to `True`.

    Returns:
        The number of classes.

    Raises:
        TypeError: if `y` is not an integer array.
        ValueError: if the length is wrong, a label is out of range, or a
            class has no image.
    """
    if not isinstance(y, np.ndarray) or not np.issubdtype(y.dtype, np.integer):
        received = getattr(y, "dtype", type(y).__name__)
        raise TypeError(
            f"`{name}` must be a NumPy array of integer labels. Received: "
            f"{received}. One-hot labels become integers by "
            f"`{name}.argmax(-1)`."
        )
    if y.shape != (num_images,):
        raise ValueError(
            f"`{name}` must have one label an image, shape ({num_images},). "
            f"Received: shape={y.shape}"
        )
    highest = int(y.max())
    num_classes = highest + 1 if num_classes is None else num_classes
    if int(y.min()) < 0 or highest >= num_classes:
        raise ValueError(
            f"Labels in `{name}` must lie in [0, {num_classes}). Received: "
            f"min={int(y.min())}, max={highest}"
        )
    empty = np.flatnonzero(np.bincount(y, minlength=num_classes) == 0)
    if every_class and len(empty):
        raise ValueError(
            f"Every class must have at least one image in `{name}`. "
            f"Received: no images of class {empty[:10].tolist()}. Renumber "
            "the labels so that they run from 0 without a gap."
        )
    return num_classes


def check_class_names(
    class_names: Sequence[str] | np.ndarray | None, num_classes: int
) -> tuple[str, ...] | None:
    """Returns class names as a tuple of strings.

    Args:
        class_names: sequence or NumPy array of names, one per class, or
            `None`.
        num_classes: int.

    Returns:
        Tuple of strings, or `None`.

    Raises:
        TypeError: if `class_names` is one string or no sequence.
        ValueError: if there is not one name per class.
    """
    if class_names is None:
        return None
    # A set has no order, and a mapping or an array of rows no names.
    if (
        isinstance(class_names, (str, bytes, set, frozenset, Mapping))
        or not isinstance(class_names, Iterable)
        or getattr(class_names, "ndim", 1) != 1
    ):
        raise TypeError(
            "`class_names` must be a sequence of strings, one per class. "
            "Received: "
            f"class_names={class_names!r}"
        )
    names = tuple(
        name.decode() if isinstance(name, bytes) else str(name)
        for name in class_names
    )
    if len(names) != num_classes:
        raise ValueError(
            f"`class_names` must have one name per class, {num_classes}. "
            f"Received: {len(names)} names"
        )
    return names


def check_writable(directory: PathLike) -> None:
    """Creates a directory where missing, and checks that it is writable.

    Args:
        directory: path.

    Raises:
        OSError: if the directory cannot be created or written.
    """
    try:
        os.makedirs(directory, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise OSError(
            f"Cannot write to directory {str(directory)!r} ({error.strerror}). "
            "Choose another directory, or change its permissions."
        ) from error


def to_unit_range(x: np.ndarray) -> np.ndarray:
    """Converts images to float32 in [0, 1]; uint8 is divided by 255."""
    if x.dtype == np.uint8:
        return x.astype("float32") / np.float32(255)
    return x.astype("float32")
