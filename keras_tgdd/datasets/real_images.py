"""Real images of each class, a fresh random batch at every step."""

from typing import Any

import numpy as np

from keras_tgdd.checks import check_images
from keras_tgdd.checks import check_labels


class RealImages:
    """Draws class-balanced batches of real images.

    Args:
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].
        y: int array of shape `(n,)`, labels in `[0, num_classes)`.
        num_classes: int.
        image_shape: triple of ints that the images must have.
        every_class: whether each class must have an image; a part of a data
            set need not. Defaults to `True`.

    Raises:
        TypeError, ValueError: if the data are not images with labels, or a
            class has no image.
    """

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        num_classes: int,
        image_shape: tuple[int, ...],
        every_class: bool = True,
    ) -> None:
        check_images(x, image_shape)
        check_labels(y, len(x), num_classes, every_class=every_class)
        self.x, self.y = x, y
        self.counts = np.bincount(y, minlength=num_classes)
        # Images of class c stand at members[starts[c]:starts[c] + counts[c]].
        self._members = np.argsort(y, kind="stable")
        self._starts = np.cumsum(self.counts) - self.counts

    def draw(
        self, generator: np.random.Generator, samples_per_class: int
    ) -> np.ndarray:
        """Draws images of every class.

        Without replacement; a class with fewer images than asked for gives
        each of them in turn, as often as needed.

        Args:
            generator: `numpy.random.Generator`.
            samples_per_class: int.

        Returns:
            An array of shape
            `(n_classes, samples_per_class, height, width, channels)`.
        """
        return self.x[self.draw_index(generator, samples_per_class)]

    def draw_index(
        self, generator: np.random.Generator, samples_per_class: int
    ) -> np.ndarray:
        """As `draw`, but returns where the images stand in `x`.

        Returns:
            An int array of shape `(n_classes, samples_per_class)`.
        """
        num_classes, widest = len(self.counts), self.counts.max()
        keys = generator.random((num_classes, widest), dtype="float32")
        # Positions past the end of a class sort behind all others.
        keys[np.arange(widest) >= self.counts[:, None]] = 2.0
        if samples_per_class < self.counts.min():
            order = np.argpartition(keys, samples_per_class, axis=1)
            order = order[:, :samples_per_class]
        else:
            turn = np.arange(samples_per_class) % self._nonzero[:, None]
            order = np.take_along_axis(np.argsort(keys, axis=1), turn, axis=1)
        return self._members[self._clip(self._starts[:, None] + order)]

    def all_index(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns where all images of every class stand in `x`.

        Returns:
            An int array of shape `(n_classes, largest class)`, and a bool
            array of that shape that is false where a smaller class is filled
            up.
        """
        order = np.arange(self.counts.max())
        counts = order < self.counts[:, None]
        order = order % self._nonzero[:, None]
        return self._members[self._clip(self._starts[:, None] + order)], counts

    @property
    def _nonzero(self):
        return np.maximum(self.counts, 1)

    def _clip(self, position):
        """A class without images at the end would start past it."""
        return np.minimum(position, len(self._members) - 1)


def collect(
    x: Any, y: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Gathers arrays, a `keras.utils.PyDataset` or a `tf.data.Dataset`.

    Matching needs many images of every class at each step, so data that
    arrive in batches are read once and kept in memory.

    Args:
        x: array of images, or an iterable of `(images, labels)` batches.
        y: array of labels; `None` where `x` yields them.

    Returns:
        Arrays of images and labels.

    Raises:
        TypeError: if `x` is neither, or yields something else than pairs.
        ValueError: if it yields no batch.
    """
    if isinstance(x, np.ndarray):
        return x, y
    if hasattr(x, "num_batches") and hasattr(x, "__getitem__"):
        batches = (x[index] for index in range(len(x)))
    elif hasattr(x, "as_numpy_iterator"):
        batches = x.as_numpy_iterator()
    else:
        raise TypeError(
            "`x` must be a NumPy array, a `keras.utils.PyDataset` or a "
            f"`tf.data.Dataset`. Received: {type(x).__name__}"
        )
    if y is not None:
        raise ValueError(
            "`y` must be None when `x` yields (images, labels) batches. "
            f"Received: y of type {type(y).__name__}"
        )
    images, labels = [], []
    for batch in batches:
        if not isinstance(batch, (tuple, list)) or len(batch) < 2:
            raise TypeError(
                "`x` must yield batches of (images, labels). Received: "
                f"{type(batch).__name__}"
            )
        images.append(np.asarray(batch[0]))
        labels.append(np.asarray(batch[1]))
    if not images:
        raise ValueError("`x` must yield at least one batch. Received: none")
    return np.concatenate(images), np.concatenate(labels)
