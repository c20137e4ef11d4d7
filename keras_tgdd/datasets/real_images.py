"""Random batches of real images, equally many of every class."""

import numpy as np

from keras_tgdd.arguments import check_labels
from keras_tgdd.datasets.class_images import ClassImages
from keras_tgdd.datasets.training_data import TrainingData


class RealImages(ClassImages):
    """Draws class-balanced batches of real images.

    Args:
        data: `TrainingData`.
        every_class: whether every class must have an image; a part of a
            larger data set need not. Defaults to `True`.

    Attributes:
        data: the `TrainingData`.

    Raises:
        ValueError: if a class has no image and `every_class` is true.
    """

    def __init__(self, data: TrainingData, *, every_class: bool = True) -> None:
        self.data = data
        self.x, self.y = data.x, data.y
        self.image_shape, self.num_classes = data.image_shape, data.num_classes
        check_labels(
            self.y, len(self.x), self.num_classes, every_class=every_class
        )
        self.counts = data.counts
        # Images of class c stand at members[starts[c]:starts[c] + counts[c]].
        self._members = np.argsort(self.y, kind="stable")
        self._starts = np.cumsum(self.counts) - self.counts

    def draw_index(
        self, generator: np.random.Generator, samples_per_class: int
    ) -> np.ndarray:
        """Draws like `draw`, but returns positions in `x`.

        Args:
            generator: `numpy.random.Generator`.
            samples_per_class: int.

        Returns:
            An int array of shape `(n_classes, samples_per_class)`.
        """
        order = draw_positions(generator, self.counts, samples_per_class)
        return self._members[self._clip(self._starts[:, None] + order)]

    def all_index(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the positions in `x` of all images of every class.

        Returns:
            An int array of shape `(n_classes, largest class)`, in which
            smaller classes repeat their images cyclically, and a bool array
            of that shape that is false for the repetitions.
        """
        order = np.arange(self.counts.max())
        counts = order < self.counts[:, None]
        order = order % np.maximum(self.counts, 1)[:, None]
        return self._members[self._clip(self._starts[:, None] + order)], counts

    def fingerprint(self) -> str:
        """Returns a digest of images and labels."""
        return self.data.fingerprint()

    def _clip(self, position):
        """Keeps in range the positions of a last class without images."""
        return np.minimum(position, len(self._members) - 1)


def draw_positions(
    generator: np.random.Generator, counts: np.ndarray, samples_per_class: int
) -> np.ndarray:
    """Draws positions within every class, without replacement.

    A class with fewer images than `samples_per_class` repeats them
    cyclically.

    Args:
        generator: `numpy.random.Generator`.
        counts: int array of shape `(n_classes,)`, images per class.
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
    """Returns the positions of the `number` smallest keys per class.

    A class with fewer keys repeats its positions cyclically.

    Args:
        keys: array of shape `(n_classes, largest class)`, below 2. Entries
            past the end of smaller classes are overwritten.
        counts: int array of shape `(n_classes,)`, keys per class.
        number: int, positions per class.
        any_order: whether positions may come in any order where none
            repeats, which is faster. Defaults to `False`, ordered by key.

    Returns:
        An int array of shape `(n_classes, number)`.
    """
    # Positions past the end of a class sort behind all others.
    keys[np.arange(keys.shape[1]) >= counts[:, None]] = 2.0
    if any_order and number < counts.min():
        return np.argpartition(keys, number, axis=1)[:, :number]
    cyclic = np.arange(number) % np.maximum(counts, 1)[:, None]
    return np.take_along_axis(np.argsort(keys, axis=1), cyclic, axis=1)
