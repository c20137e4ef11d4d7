"""Under which weights features are read."""

from abc import ABC
from abc import abstractmethod

import numpy as np

from keras_tgdd.layers.synthetic_images import SyntheticImages


class Trajectory(ABC):
    """Where a distillation step takes its networks from.

    Subclassing: set the attributes and write `draw`. Weights are flat float32
    vectors as `FrozenNetwork` takes them, so recorded, random, interpolated
    or still-training networks all fit.

    Attributes:
        network: `FrozenNetwork` that the weights belong to.
        mean: float32 array of shape `(channels,)`, in [0, 1] pixel units;
            the network is fed `(image - mean) / std`.
        std: float32 array of shape `(channels,)`, in [0, 1] pixel units.
        class_names: tuple of strings, or `None`.
    """

    network = None
    mean = None
    std = None
    class_names = None

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
            constraint.
        """

    def describe_draw(self, generator: np.random.Generator, region: int) -> str:
        """Says what `draw` would draw, for messages.

        Args:
            generator: `numpy.random.Generator`, in the state `draw` finds it.
            region: int, length of the expert region.

        Returns:
            String such as `"expert 0, snapshot 3"`.
        """
        return type(self).__name__


def check_fit(synthetic: SyntheticImages, trajectory: Trajectory) -> None:
    """Refuses synthetic images that the networks do not take.

    Raises:
        ValueError: if image shape or number of classes differ.
    """
    network = trajectory.network
    if network.image_shape != synthetic.image_shape:
        raise ValueError(
            "Synthetic images and experts must have the same image shape. "
            f"Received: synthetic images of shape {synthetic.image_shape}, "
            f"experts for images of shape {network.image_shape}"
        )
    if network.num_classes != synthetic.num_classes:
        raise ValueError(
            "Synthetic images and experts must have the same number of "
            f"classes. Received: {synthetic.num_classes} and "
            f"{network.num_classes}"
        )
