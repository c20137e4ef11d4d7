"""Features under networks that never learned anything."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from keras_tgdd.arguments import check_positive_int
from keras_tgdd.models.frozen_network import FrozenNetwork
from keras_tgdd.models.weight_draws import WeightDraws
from keras_tgdd.trajectories.trajectory import Trajectory


class RandomNetworks(Trajectory):
    """A fresh random network for each step, as distribution matching has it.

    A random network classifies nothing, so leave the constraint out:
    `DistillationTrainer(..., constraint=False)`.

    Args:
        network: functional `keras.Model` from normalized images to logits.
            Its own weights are left alone.
        mean: floats of shape `(channels,)`, in [0, 1] units; networks are fed
            `(image - mean) / std`.
        std: as `mean`.
        class_names: optional sequence of strings.
        feature_layer: name of the layer where features are read, or a
            sequence of names. `None` takes the input of the last dense layer.
        steps_per_network: positive int, steps in a row that a network serves.
            Defaults to `1`; M3D takes 5.

    Raises:
        ValueError: if the network is not functional or cannot be rebuilt, or
            `steps_per_network` is not positive.

    References:
        - [DM](https://arxiv.org/abs/2110.04181)
        - [M3D](https://arxiv.org/abs/2312.15927)
    """

    def __init__(
        self,
        network: keras.Model,
        mean: ArrayLike,
        std: ArrayLike,
        class_names: tuple | None = None,
        feature_layer: str | Sequence[str] | None = None,
        steps_per_network: int = 1,
    ) -> None:
        check_positive_int("steps_per_network", steps_per_network)
        self.network = FrozenNetwork(network, feature_layer)
        channels = (self.network.image_shape[-1],)
        self.mean = np.broadcast_to(np.float32(mean), channels)
        self.std = np.broadcast_to(np.float32(std), channels)
        self.class_names = class_names
        self.steps_per_network = steps_per_network
        self._draws = WeightDraws(network)  # refuses what cannot be rebuilt

    def draw(
        self, generator: np.random.Generator, region: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws initial weights; those of the constraint are the same."""
        weights = self._draws.draw(int(generator.integers(2**31)))
        return weights, weights

    def fingerprint(self) -> str:
        """Returns a SHA-256 hex digest of architecture and normalization, and
        of how many steps a network serves if that is not one."""
        parts = describe_networks(self.network.network, self.mean, self.std)
        if self.steps_per_network != 1:
            parts.append(self.steps_per_network)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def describe_networks(
    network: keras.Model, mean: np.ndarray, std: np.ndarray
) -> list[Any]:
    """What tells networks of random weights from others, without names.

    Args:
        network: `keras.Model`.
        mean: float32 array of shape `(channels,)`.
        std: as `mean`.

    Returns:
        JSON-compatible list.
    """
    return [
        [type(layer).__name__ for layer in network.layers],
        [tuple(weight.shape) for weight in network.weights],
        mean.tolist(),
        std.tolist(),
    ]
