"""A labelled image data set in memory."""

import dataclasses
from collections.abc import Iterable
from collections.abc import Sequence

import numpy as np

from keras_tgdd.datasets.statistics import channel_statistics


@dataclasses.dataclass(frozen=True)
class ImageDataset:
    """Training and test images with what is known about them.

    Attributes:
        name: string.
        x_train: uint8 array of shape `(n, height, width, channels)`.
        y_train: int64 array of shape `(n,)`.
        x_test: as `x_train`.
        y_test: as `y_train`.
        class_names: tuple of strings, one a class.
        mean: float32 array of shape `(channels,)`, of the training images in
            [0, 1] units.
        std: as `mean`, the standard deviation.
        flip: whether a mirrored image still belongs to its class; `False`
            for digits and letters.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple
    mean: np.ndarray
    std: np.ndarray
    flip: bool = True

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """`(height, width, channels)` of an image."""
        return self.x_train.shape[1:]


def to_dataset(
    name: str,
    parts: Sequence[tuple[np.ndarray, np.ndarray]],
    class_names: Iterable[str],
    flip: bool = True,
) -> ImageDataset:
    """Puts a training and a test part together.

    Args:
        name: string.
        parts: two pairs of images and labels.
        class_names: names, one a label.
        flip: whether a mirrored image still belongs to its class. Defaults to
            `True`.

    Returns:
        `ImageDataset`, with mean and standard deviation of the training
        images.
    """
    (x_train, y_train), (x_test, y_test) = parts
    mean, std = channel_statistics(x_train)
    return ImageDataset(
        name=name,
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        class_names=tuple(class_names),
        mean=mean,
        std=std,
        flip=flip,
    )
