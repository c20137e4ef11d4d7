"""Many initial weights without rebuilding a network for each."""

import dataclasses

import keras
import numpy as np

from keras_tgdd.arguments import Seed
from keras_tgdd.models.frozen_network import flat_weights
from keras_tgdd.models.seeded_initializer import Draw
from keras_tgdd.models.seeding import fresh_network
from keras_tgdd.models.seeding import initializer_seeds
from keras_tgdd.models.seeding import marked_network


class WeightDraws:
    """Draws the weights of `draw_weights` as flat vectors.

    Rebuilding a ConvNet takes 20 ms, longer than a distillation step on a
    GPU; drawing its weights from NumPy takes 1 ms. The constructor rebuilds
    the network twice. The first one is built from marks in place of values,
    which name the draw of each weight; weights without a mark are constant.
    The second one checks that NumPy gives the weights of a seed. If it does
    not, or a custom initializer draws in its own way, each draw rebuilds the
    network.

    Args:
        network: functional or sequential `keras.Model` that Keras can rebuild
            from its config. Its own weights do not change.

    Raises:
        ValueError: if the network cannot be rebuilt from its config.
    """

    def __init__(self, network: keras.Model) -> None:
        self._network = network
        marked = marked_network(network)
        self._num_seeds = marked.num_initializers
        self._constant = flat_weights(marked.network)
        self._places: list[tuple[int, Draw]] = []
        offset = 0
        for weight in marked.network.get_weights():
            draw = marked.record.marked(weight)
            if draw is not None:
                self._places.append((offset, draw))
            offset += weight.size
        self._from_numpy = marked.from_numpy and np.array_equal(
            self._values(1), flat_weights(fresh_network(network, 1))
        )

    def draw(self, seed: Seed) -> np.ndarray:
        """Draws initial weights.

        Args:
            seed: as in `draw_weights`.

        Returns:
            float32 array of shape `(num_weights,)`.
        """
        if self._from_numpy:
            return self._values(seed)
        return flat_weights(fresh_network(self._network, seed))

    def _values(self, seed):
        """Draws all weights from NumPy."""
        seeds = initializer_seeds(seed, self._num_seeds)
        flat = self._constant.copy()
        for start, draw in self._places:
            seeded = dataclasses.replace(draw, seed=seeds[draw.seed])
            values = seeded.values()
            flat[start : start + values.size] = values.ravel()
        return flat
