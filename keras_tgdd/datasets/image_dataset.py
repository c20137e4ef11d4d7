"""A labelled image data set in memory, with a training and a test part."""

import dataclasses
import functools
from collections.abc import Iterable
from collections.abc import Sequence

import numpy as np

from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.datasets.training_data import TrainingData


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ImageDataset:
    """Training and test images with their class names and normalization.

    Attributes:
        name: string.
        x_train: uint8 array of shape `(n, height, width, channels)`.
        y_train: int64 array of shape `(n,)`.
        x_test: as `x_train`.
        y_test: as `y_train`.
        class_names: tuple of strings, one per class.
        normalization: `Normalization`, in a loaded data set by mean and
            standard deviation per channel of the training images.
        flip: whether a mirrored image still belongs to its class; `False` for
            digits and letters. Defaults to `True`.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    normalization: Normalization
    flip: bool = True

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """`(height, width, channels)` of an image."""
        height, width, channels = self.x_train.shape[1:]
        return height, width, channels

    @functools.cached_property
    def train(self) -> TrainingData:
        """The training part as `TrainingData`."""
        return TrainingData(
            self.x_train, self.y_train, self.class_names, self.normalization
        )

    @property
    def test(self) -> tuple[np.ndarray, np.ndarray]:
        """Images and labels of the test part."""
        return self.x_test, self.y_test


def to_dataset(
    name: str,
    parts: Sequence[tuple[np.ndarray, np.ndarray]],
    class_names: Iterable[str],
    flip: bool = True,
) -> ImageDataset:
    """Joins a training and a test part in a data set.

    Args:
        name: string.
        parts: two pairs of images and labels, training part first.
        class_names: names, one per label.
        flip: whether a mirrored image still belongs to its class. Defaults to
            `True`.

    Returns:
        `ImageDataset`, normalized by mean and standard deviation of the
        training images.
    """
    (x_train, y_train), (x_test, y_test) = parts
    return ImageDataset(
        name=name,
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        class_names=tuple(class_names),
        normalization=Normalization.of(x_train),
        flip=flip,
    )
