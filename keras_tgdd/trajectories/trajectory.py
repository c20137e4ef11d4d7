"""Sources of network weights for a distillation step."""

from abc import ABC
from abc import abstractmethod
from typing import NamedTuple

import numpy as np

from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.models.frozen_network import FrozenNetwork


class NetworkDraw(NamedTuple):
    """The network weights of one distillation step.

    Attributes:
        weights: float32 array of shape `(network.num_weights,)`, the weights
            under which features are computed.
        constraint_weights: float32 array of the same shape, the weights of
            the classifier of the constraint.
        constraint_scale: float, factor on the constraint of the step; `None`,
            the default, if the trajectory does not scale the constraint.
    """

    weights: np.ndarray
    constraint_weights: np.ndarray
    constraint_scale: float | None = None


class Trajectory(ABC):
    """Base of all sources of network weights.

    Weights are flat float32 vectors, as `FrozenNetwork` takes them, so
    networks may be recorded, random, interpolated, or still in training.

    Subclassing guide: set the attributes without a default in `__init__` and
    implement `draw`. Override `refresh` if the networks change during the
    distillation, `fingerprint` if the settings of the class decide what is
    drawn, and `describe_draw` for better messages.

    Attributes:
        network: `FrozenNetwork` that the weights belong to.
        normalization: `Normalization` of the network's inputs, for its
            channels.
        class_names: tuple of strings, or `None`.
        steps_per_network: positive int, consecutive steps that use the same
            network. Defaults to `1`.
        scales_constraint: bool, whether draws have a `constraint_scale`.
            Defaults to `False`.
        steps_per_refresh: positive int, steps between two calls of `refresh`;
            `None`, the default, if it is never called.
    """

    network: FrozenNetwork
    normalization: Normalization
    class_names: tuple[str, ...] | None
    steps_per_network: int = 1
    scales_constraint: bool = False
    steps_per_refresh: int | None = None

    @abstractmethod
    def draw(self, generator: np.random.Generator, region: int) -> NetworkDraw:
        """Draws the network weights of one distillation step.

        Args:
            generator: `numpy.random.Generator`, the only source of
                randomness.
            region: positive int, length of the expert region.

        Returns:
            `NetworkDraw`.
        """

    def refresh(self, number: int) -> None:
        """Puts the networks into a state. Does nothing by default.

        The trainer calls it between steps, never while a step runs or its
        inputs are prepared. The state must depend on `number` only, because a
        resumed distillation calls it with the current number alone.

        Args:
            number: int of at least 0, how often `steps_per_refresh` steps
                have been made.
        """

    def seek(self, step: int) -> None:
        """Puts the networks into the state of a step, using `refresh`.

        Args:
            step: int of at least 0, number of the next step.
        """
        if self.steps_per_refresh is not None:
            self.refresh(step // self.steps_per_refresh)

    def check_fits(
        self, image_shape: tuple[int, ...], num_classes: int
    ) -> None:
        """Refuses synthetic images that the networks cannot read.

        Args:
            image_shape: triple of ints, `(height, width, channels)`.
            num_classes: int.

        Raises:
            ValueError: if the networks are for other images or classes.
        """
        network = self.network
        if network.image_shape != tuple(image_shape):
            raise ValueError(
                "Images and experts must have the same image shape. "
                f"Received: images of shape {tuple(image_shape)}, "
                f"experts for images of shape {network.image_shape}"
            )
        if network.num_classes != num_classes:
            raise ValueError(
                "Images and experts must have the same number of "
                f"classes. Received: {num_classes} and {network.num_classes}"
            )

    def describe_draw(self, generator: np.random.Generator, region: int) -> str:
        """Describes the network that `draw` would draw, for messages.

        Args:
            generator: `numpy.random.Generator` in the state in which `draw`
                receives it.
            region: positive int, length of the expert region.

        Returns:
            String such as `"expert 0, snapshot 3"`. By default the name of
            the class.
        """
        return type(self).__name__

    def fingerprint(self) -> str:
        """Returns a string that differs between different trajectories.

        Checkpoints and stored summaries compare it before they are used. By
        default the name of the class.
        """
        return type(self).__name__
