"""A labelled image data set in memory."""

import dataclasses

import numpy as np


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
