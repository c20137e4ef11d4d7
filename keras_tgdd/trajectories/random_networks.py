"""Untrained networks."""

import json
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_tgdd.arguments import check_class_names
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.datasets.normalization import check_normalization
from keras_tgdd.models.frozen_network import FrozenNetwork
from keras_tgdd.models.weight_draws import WeightDraws
from keras_tgdd.runtime.fingerprint import digest
from keras_tgdd.trajectories.trajectory import NetworkDraw
from keras_tgdd.trajectories.trajectory import Trajectory


class RandomNetworks(Trajectory):
    """A new random network for each step, as in distribution matching.

    A random network does not classify, so train without a constraint:
    `DistillationTrainer(..., constraint=None)`.

    Args:
        network: functional `keras.Model` from normalized images to logits.
            Its own weights do not change.
        normalization: `Normalization` of the network's inputs.
        class_names: optional sequence of strings.
        feature_layer: name of the layer where features are read, or a
            sequence of names. `None`, the default, takes the input of the
            last dense layer.
        steps_per_network: positive int, consecutive steps that use the same
            network. Defaults to `1`; M3D uses 5.

    Raises:
        TypeError: if `normalization` is no `Normalization`.
        ValueError: if the network is not functional or cannot be rebuilt, the
            normalization or the class names do not fit it, or
            `steps_per_network` is not positive.

    Example:

    ```python
    trajectory = keras_tgdd.trajectories.RandomNetworks(
        network, keras_tgdd.Normalization.of(x)
    )
    weights = trajectory.draw(np.random.default_rng(0), region=1).weights
    ```

    References:
        - [DM](https://arxiv.org/abs/2110.04181)
        - [M3D](https://arxiv.org/abs/2312.15927)
    """

    def __init__(
        self,
        network: keras.Model,
        normalization: Normalization,
        *,
        class_names: Sequence[str] | None = None,
        feature_layer: str | Sequence[str] | None = None,
        steps_per_network: int = 1,
    ) -> None:
        check_positive_int("steps_per_network", steps_per_network)
        self.network = FrozenNetwork(network, feature_layer)
        self.normalization = check_normalization(
            normalization, self.network.image_shape[-1]
        )
        self.class_names = check_class_names(
            class_names, self.network.num_classes
        )
        self.steps_per_network = steps_per_network
        self._draws = WeightDraws(network)

    def draw(self, generator: np.random.Generator, region: int) -> NetworkDraw:
        """Draws initial weights, for features and constraint alike; `region`
        is not used."""
        weights = self._draws.draw(int(generator.integers(2**31)))
        return NetworkDraw(weights, weights)

    def fingerprint(self) -> str:
        """Returns a SHA-256 hex digest of the architecture, the normalization
        and, if it is not 1, `steps_per_network`."""
        parts = describe_networks(self.network.network, self.normalization)
        if self.steps_per_network != 1:
            parts.append(self.steps_per_network)
        return digest(json.dumps(parts))


def describe_networks(
    network: keras.Model, normalization: Normalization
) -> list[Any]:
    """Describes the architecture and inputs of random networks, for digests.

    Args:
        network: `keras.Model`. Its name and those of its layers do not count.
        normalization: `Normalization` with arrays of shape `(channels,)`.

    Returns:
        JSON-compatible list.
    """
    return [
        [type(layer).__name__ for layer in network.layers],
        [tuple(weight.shape) for weight in network.weights],
        normalization.mean.tolist(),
        normalization.std.tolist(),
    ]
