"""Real images of each class, a fresh random batch at every step."""

import numpy as np

from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.datasets.class_images import ClassImages
from keras_tgdd.runtime.fingerprint import fingerprint


class RealImages(ClassImages):
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
        self.image_shape, self.num_classes = tuple(image_shape), num_classes
        self.counts = np.bincount(y, minlength=num_classes)
        # Images of class c stand at members[starts[c]:starts[c] + counts[c]].
        self._members = np.argsort(y, kind="stable")
        self._starts = np.cumsum(self.counts) - self.counts

    def draw_index(
        self, generator: np.random.Generator, samples_per_class: int
    ) -> np.ndarray:
        """As `draw`, but returns where the images stand in `x`.

        Returns:
            An int array of shape `(n_classes, samples_per_class)`.
        """
        order = draw_positions(generator, self.counts, samples_per_class)
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
        order = order % np.maximum(self.counts, 1)[:, None]
        return self._members[self._clip(self._starts[:, None] + order)], counts

    def fingerprint(self) -> str:
        """Returns a digest of images and labels."""
        return fingerprint(self.x, self.y)

    def _clip(self, position):
        """A class without images at the end would start past it."""
        return np.minimum(position, len(self._members) - 1)


def draw_positions(
    generator: np.random.Generator, counts: np.ndarray, samples_per_class: int
) -> np.ndarray:
    """Draws which images of every class a step takes.

    Without replacement; a class with fewer images than asked for gives each
    of them in turn, as often as needed.

    Args:
        generator: `numpy.random.Generator`.
        counts: int array of shape `(n_classes,)`, images of each class.
        samples_per_class: int.

    Returns:
        An int array of shape `(n_classes, samples_per_class)`, positions
        among the images of the class.
    """
    keys = generator.random((len(counts), counts.max()), dtype="float32")
    return smallest_in_turn(keys, counts, samples_per_class, any_order=True)


def smallest_in_turn(
    keys: np.ndarray, counts: np.ndarray, number: int, any_order: bool = False
) -> np.ndarray:
    """Finds the smallest keys of every class, or all of them in turn.

    Args:
        keys: array of shape `(n_classes, largest class)`, below 2; changed
            past the end of smaller classes.
        counts: int array of shape `(n_classes,)`.
        number: int, positions wanted of each class.
        any_order: whether positions that do not repeat may come in any
            order, which is faster. Defaults to `False`, by their keys.

    Returns:
        An int array of shape `(n_classes, number)`.
    """
    # Positions past the end of a class sort behind all others.
    keys[np.arange(keys.shape[1]) >= counts[:, None]] = 2.0
    if any_order and number < counts.min():
        return np.argpartition(keys, number, axis=1)[:, :number]
    turn = np.arange(number) % np.maximum(counts, 1)[:, None]
    return np.take_along_axis(np.argsort(keys, axis=1), turn, axis=1)
