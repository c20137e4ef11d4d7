"""Labelled images, checked, from whatever form a caller has them in."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_tgdd.arguments import check_class_names
from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.datasets.class_images import ClassImages
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.datasets.normalization import check_normalization
from keras_tgdd.datasets.sources import collect
from keras_tgdd.datasets.sources import is_source
from keras_tgdd.runtime.fingerprint import fingerprint


@dataclasses.dataclass(frozen=True, eq=False, init=False, repr=False)
class TrainingData:
    """Labelled images with their class names and normalization.

    Everything is checked once, at construction. The arrays are not copied,
    so they may be mapped from disk.

    Args:
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].
        y: int array of shape `(n,)`, labels in `[0, num_classes)`.
        class_names: sequence or NumPy array of names, one per class. `None`
            leaves the classes without names.
        normalization: `Normalization`. `None` computes the mean and standard
            deviation of `x` per channel when they are first needed.
        num_classes: positive int; then classes may lack images, as in a part
            of a larger data set. `None` means `max(y) + 1`, and every class
            must have an image.

    Attributes:
        x: the images.
        y: the labels.
        class_names: tuple of strings, or `None`.
        num_classes: int.

    Raises:
        TypeError: if `x` or `y` is not such an array, or `normalization` is
            no `Normalization`.
        ValueError: if values, shapes or the number of names do not fit.

    Example:

    ```python
    data = TrainingData(x, y, class_names=("cat", "dog"))
    data.normalization.mean  # of shape (channels,)
    ```
    """

    x: np.ndarray
    y: np.ndarray
    class_names: tuple[str, ...] | None
    num_classes: int
    _normalization: Normalization | None

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        class_names: Sequence[str] | np.ndarray | None = None,
        normalization: Normalization | None = None,
        num_classes: int | None = None,
    ) -> None:
        check_images(x)
        if num_classes is not None:
            check_positive_int("num_classes", num_classes)
        num_classes = check_labels(
            y, len(x), num_classes, every_class=num_classes is None
        )
        attributes = {
            "x": x,
            "y": y,
            "num_classes": num_classes,
            "class_names": check_class_names(class_names, num_classes),
            "_normalization": (
                None
                if normalization is None
                else check_normalization(normalization, x.shape[-1])
            ),
        }
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    @functools.cached_property
    def normalization(self) -> Normalization:
        """`Normalization` with one mean and std per channel."""
        if self._normalization is None:
            return Normalization.of(self.x)
        return self._normalization

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """`(height, width, channels)` of an image."""
        height, width, channels = self.x.shape[1:]
        return height, width, channels

    @property
    def counts(self) -> np.ndarray:
        """Images per class, an int array of shape `(num_classes,)`."""
        return np.bincount(self.y, minlength=self.num_classes)

    def fingerprint(self) -> str:
        """Returns the SHA-256 hex digest of images and labels."""
        return self._fingerprint

    @functools.cached_property
    def _fingerprint(self) -> str:
        return fingerprint(self.x, self.y)

    def __repr__(self) -> str:
        return (
            f"TrainingData({len(self.x)} images, {self.num_classes} classes, "
            f"image_shape={self.image_shape})"
        )


def from_arrays(
    x: np.ndarray,
    y: np.ndarray,
    *,
    class_names: Sequence[str] | np.ndarray | None = None,
    normalization: Normalization | None = None,
) -> TrainingData:
    """Describes labelled images in arrays.

    Args:
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1]. It is not copied and may be mapped from disk.
        y: int array of shape `(n,)`, labels from 0 without a gap.
        class_names: sequence or NumPy array of names, one per class. `None`
            leaves the classes without names.
        normalization: `Normalization` that networks apply to the images.
            `None` computes mean and standard deviation of `x` per channel.

    Returns:
        `TrainingData`.

    Raises:
        TypeError: if `x` or `y` is not such an array.
        ValueError: if values, shapes or the number of names do not fit, or a
            class has no image.

    Example:

    ```python
    data = keras_tgdd.datasets.from_arrays(x, y, class_names=("cat", "dog"))
    distilled = keras_tgdd.distill(data)
    ```
    """
    return TrainingData(x, y, class_names, normalization)


def as_training_data(
    data: Any,
    *,
    class_names: Sequence[str] | np.ndarray | None = None,
    normalization: Normalization | None = None,
    num_classes: int | None = None,
) -> TrainingData:
    """Returns training data from any form that this package accepts.

    Args:
        data: `TrainingData`; an `ImageDataset`, whose training part is used;
            a pair `(x, y)` of arrays; or batches of images and labels as
            `sources.batches_of` reads them (`keras.utils.PyDataset`,
            `tf.data.Dataset`, `torch.utils.data.DataLoader`, or a function
            that returns an iterator), which are read once into memory.
        class_names: sequence or NumPy array of names. `None` keeps those of
            `data`.
        normalization: `Normalization`. `None` keeps that of `data`.
        num_classes: int; then classes may lack images. `None` keeps that of
            `data`.

    Returns:
        `TrainingData`; `data` itself where it is one and nothing else is
        asked for.

    Raises:
        TypeError: if `data` is none of these, or the arrays are not images
            and labels.
        ValueError: if values, shapes or the number of names do not fit.
    """
    known = data if isinstance(data, TrainingData) else _training_part(data)
    if known is None:
        x, y = _arrays(data)
        return TrainingData(x, y, class_names, normalization, num_classes)
    if class_names is None and normalization is None and num_classes is None:
        return known
    return TrainingData(
        known.x,
        known.y,
        known.class_names if class_names is None else class_names,
        known._normalization if normalization is None else normalization,
        known.num_classes if num_classes is None else num_classes,
    )


def _training_part(data):
    """Returns the training part of an `ImageDataset`, else `None`."""
    # Not by its class: `ImageDataset` imports this file.
    train = getattr(data, "train", None)
    return train if isinstance(train, TrainingData) else None


def _arrays(data):
    """Returns images and labels of data in any other form."""
    if isinstance(data, ClassImages):
        raise TypeError(
            "Training data must be arrays. Map those of an `ImageStream` from "
            "disk, `data = stream.store(directory)`. Received: data of type "
            f"{type(data).__name__}"
        )
    if isinstance(data, np.ndarray):
        raise TypeError(
            "Images need integer labels: pass the pair (x, y). Received: an "
            f"array of shape {data.shape} without labels"
        )
    if isinstance(data, (tuple, list)) and len(data) == 2:
        x, y = data
        if isinstance(x, TrainingData) or _training_part(x) or is_source(x):
            raise ValueError(
                "`data` brings its labels; pass it without others. Received: "
                f"a pair of {type(x).__name__} and {type(y).__name__}"
            )
        return x, y
    if is_source(data):
        return collect(data)
    raise TypeError(
        "`data` must be a pair (x, y) of NumPy arrays, a `TrainingData`, an "
        "`ImageDataset`, a `keras.utils.PyDataset`, a `tf.data.Dataset`, a "
        "`torch.utils.data.DataLoader` or a function that returns an iterator "
        f"of batches. Received: {type(data).__name__}"
    )
