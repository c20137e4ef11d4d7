"""Images, labels and what is known about them, from whatever a caller has."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.datasets.image_dataset import ImageDataset
from keras_tgdd.datasets.image_stream import ImageStream
from keras_tgdd.datasets.sources import collect
from keras_tgdd.datasets.statistics import complete_statistics


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """Labelled images, checked.

    Attributes:
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].
        y: int array of shape `(n,)`, labels from 0 without a gap.
        num_classes: int.
        class_names: sequence of strings, or `None`.
        mean: floats of shape `(channels,)`, in [0, 1] units.
        std: as `mean`.
    """

    x: np.ndarray
    y: np.ndarray
    num_classes: int
    class_names: Sequence[str] | None
    mean: ArrayLike
    std: ArrayLike

    @property
    def counts(self) -> np.ndarray:
        """Images of each class, ints of shape `(n_classes,)`."""
        return np.bincount(self.y, minlength=self.num_classes)


def training_data(
    x: Any,
    y: np.ndarray | None = None,
    class_names: Sequence[str] | None = None,
    mean: ArrayLike | None = None,
    std: ArrayLike | None = None,
) -> TrainingData:
    """Gathers and checks what experts are trained on.

    Args:
        x: array of images; an `ImageDataset`, which brings class names, mean
            and standard deviation; or batches as `collect` takes them.
        y: array of labels, or `None` where `x` brings them.
        class_names: optional sequence of strings.
        mean: floats of shape `(channels,)`, in [0, 1] units. `None` takes
            what `x` brings, or the mean of the images.
        std: as `mean`, the standard deviation.

    Returns:
        `TrainingData`.

    Raises:
        TypeError, ValueError: if they are not images with labels, or there is
            not one name for each class.
    """
    if isinstance(x, ImageStream):
        raise TypeError(
            "Experts are trained on arrays. Map them from disk, "
            "`x, y = stream.store(directory)`, or train experts by a `fit` of "
            "your own with `callbacks.TrajectoryRecorder`. Received: an "
            "ImageStream"
        )
    if isinstance(x, ImageDataset):
        class_names = x.class_names if class_names is None else class_names
        mean = x.mean if mean is None else mean
        std = x.std if std is None else std
    x, y = collect(x, y)
    check_images(x)
    num_classes = check_labels(y, len(x))
    if class_names is not None and len(class_names) != num_classes:
        raise ValueError(
            f"`class_names` must have one name a class, {num_classes}. "
            f"Received: {len(class_names)} names"
        )
    mean, std = complete_statistics(x, mean, std)
    return TrainingData(x, y, num_classes, class_names, mean, std)
