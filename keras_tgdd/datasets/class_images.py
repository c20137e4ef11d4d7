"""What the real images of a distillation step are drawn from."""

from abc import ABC
from abc import abstractmethod

import numpy as np


class ClassImages(ABC):
    """Draws equally many real images of every class, at any step.

    Subclassing: set the attributes and implement `draw_index` and
    `fingerprint`. Override `seek` where the images depend on the step, and
    `check_samples` where the number of images to draw is limited.

    Attributes:
        x: array of images, `(n, height, width, channels)`.
        image_shape: triple of ints, `(height, width, channels)`.
        num_classes: int.
        counts: int array of shape `(n_classes,)`, images per class.
    """

    x: np.ndarray
    image_shape: tuple[int, ...]
    num_classes: int
    counts: np.ndarray

    @abstractmethod
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

    @abstractmethod
    def fingerprint(self) -> str:
        """Returns a digest of everything that can be drawn."""

    def draw(
        self, generator: np.random.Generator, samples_per_class: int
    ) -> np.ndarray:
        """Draws images of every class, without replacement.

        A class with fewer images than `samples_per_class` repeats them
        cyclically.

        Args:
            generator: `numpy.random.Generator`.
            samples_per_class: int.

        Returns:
            An array of shape
            `(n_classes, samples_per_class, height, width, channels)`.
        """
        return self.x[self.draw_index(generator, samples_per_class)]

    def seek(self, step: int) -> None:
        """Prepares the draws of a step. Does nothing by default.

        Args:
            step: int.
        """

    def check_samples(self, samples_per_class: int) -> None:
        """Checks that a class has enough images to draw.

        Args:
            samples_per_class: int, images per class in a step.

        Raises:
            ValueError: if it has not.
        """
