"""Under which weights features are read."""

from abc import ABC
from abc import abstractmethod

import numpy as np


class Trajectory(ABC):
    """Where a distillation step takes its networks from.

    Subclassing: set the attributes and write `draw`, and `refresh` where the
    networks change as the distillation goes. Weights are flat float32 vectors
    as `FrozenNetwork` takes them, so recorded, random, interpolated or
    still-training networks all fit.

    Attributes:
        network: `FrozenNetwork` that the weights belong to.
        mean: float32 array of shape `(channels,)`, in [0, 1] pixel units;
            the network is fed `(image - mean) / std`.
        std: float32 array of shape `(channels,)`, in [0, 1] pixel units.
        class_names: tuple of strings, or `None`.
        steps_per_network: positive int, steps in a row that draw from the
            same generator, and so have the same network.
        scales_constraint: bool, whether `draw` returns a third value, the
            factor on the constraint of the step.
        steps_per_refresh: positive int, steps between two calls of
            `refresh`; or `None`.
    """

    network = None
    mean = None
    std = None
    class_names = None
    steps_per_network = 1
    scales_constraint = False
    steps_per_refresh = None

    @abstractmethod
    def draw(
        self, generator: np.random.Generator, region: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws the weights of one distillation step.

        Args:
            generator: `numpy.random.Generator`.
            region: int, length of the expert region.

        Returns:
            Two float32 arrays of shape `(network.num_weights,)`: the weights
            under which features are read, and those of the classifier of the
            constraint. With `scales_constraint` a float besides.
        """

    def refresh(self, number: int) -> None:
        """Brings the networks to a state. Does nothing by default.

        Called between steps, never while one is made or prepared. The state
        must depend on the number alone, which a distillation that goes on
        elsewhere begins with.

        Args:
            number: int, how many times `steps_per_refresh` steps were made.
        """

    def at(self, step: int) -> None:
        """Brings the networks to the state of a step, by `refresh`.

        Args:
            step: int, number of the next step.
        """
        if self.steps_per_refresh is not None:
            self.refresh(step // self.steps_per_refresh)

    def check_fits(
        self, image_shape: tuple[int, ...], num_classes: int
    ) -> None:
        """Refuses synthetic images that the networks cannot read.

        Args:
            image_shape: triple of ints.
            num_classes: int.

        Raises:
            ValueError: if the networks are for other images or classes.
        """
        network = self.network
        if network.image_shape != tuple(image_shape):
            raise ValueError(
                "Synthetic images and experts must have the same image shape. "
                f"Received: synthetic images of shape {tuple(image_shape)}, "
                f"experts for images of shape {network.image_shape}"
            )
        if network.num_classes != num_classes:
            raise ValueError(
                "Synthetic images and experts must have the same number of "
                f"classes. Received: {num_classes} and {network.num_classes}"
            )

    def describe_draw(self, generator: np.random.Generator, region: int) -> str:
        """Says what `draw` would draw, for messages.

        Args:
            generator: `numpy.random.Generator`, in the state `draw` finds it.
            region: int, length of the expert region.

        Returns:
            String such as `"expert 0, snapshot 3"`.
        """
        return type(self).__name__
