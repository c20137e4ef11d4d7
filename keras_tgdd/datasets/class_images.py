"""What the real images of a step are drawn from."""

from abc import ABC
from abc import abstractmethod

import numpy as np


class ClassImages(ABC):
    """Draws as many images of every class, at any step.

    Subclassing: set the attributes and write `draw_index` and `fingerprint`;
    `at` where a step must be prepared for, and `check_samples` where there is
    a most that can be drawn.

    Attributes:
        x: array of images, `(n, height, width, channels)`.
        image_shape: triple of ints, `(height, width, channels)`.
        num_classes: int.
        counts: int array of shape `(n_classes,)`, images of each class.
    """

    @abstractmethod
    def draw_index(
        self, generator: np.random.Generator, samples_per_class: int
    ) -> np.ndarray:
        """As `draw`, but returns where the images stand in `x`.

        Returns:
            An int array of shape `(n_classes, samples_per_class)`.
        """

    @abstractmethod
    def fingerprint(self) -> str:
        """Returns a digest of what can be drawn."""

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

    def at(self, step: int) -> None:
        """Makes ready for the draws of a step. Does nothing by default.

        Args:
            step: int.
        """

    def check_samples(self, samples_per_class: int) -> None:
        """Refuses to draw more images of a class than it can.

        Args:
            samples_per_class: int, images of each class in a step.

        Raises:
            ValueError: if there are too many.
        """
