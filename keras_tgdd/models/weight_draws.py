"""Initial weights by the thousand, without a network for each."""

import keras
import numpy as np

from keras_tgdd.arguments import Seed
from keras_tgdd.models.frozen_network import flat_weights
from keras_tgdd.models.seeded_initializer import Draw
from keras_tgdd.models.seeding import fresh_network
from keras_tgdd.models.seeding import initializer_seeds


class WeightDraws:
    """Draws the weights that `draw_weights` gives a network, as flat vectors.

    Rebuilding a ConvNet takes twenty milliseconds, longer than a step of
    distillation on a GPU; drawing its weights takes one. Here two are rebuilt
    to learn which weights an initializer draws from NumPy, and which are
    constant; after that NumPy alone is asked. Where some are drawn elsewhere,
    by an initializer of one's own, each draw rebuilds the network.

    Args:
        network: functional or sequential `keras.Model` that can be rebuilt
            from its config. Its own weights are left alone.

    Raises:
        ValueError: if the network cannot be rebuilt from its config.
    """

    def __init__(self, network: keras.Model) -> None:
        self._network = network
        first, draws, seeds = fresh_network(network, 0)
        self._num_seeds = len(seeds)
        self._constant = flat_weights(first)
        self._places = list(_places(first.get_weights(), draws, seeds))
        # What is drawn elsewhere would be taken for constant, and shows here.
        second = flat_weights(fresh_network(network, 1)[0])
        self._all_from_numpy = np.array_equal(self._from_numpy(1), second)

    def draw(self, seed: Seed) -> np.ndarray:
        """Draws initial weights.

        Args:
            seed: as in `draw_weights`.

        Returns:
            float32 array of shape `(num_weights,)`.
        """
        if self._all_from_numpy:
            return self._from_numpy(seed)
        return flat_weights(fresh_network(self._network, seed)[0])

    def _from_numpy(self, seed):
        seeds = initializer_seeds(seed, self._num_seeds)
        flat = self._constant.copy()
        for start, index, draw in self._places:
            values = draw._replace(seed=seeds[index]).values()
            flat[start : start + values.size] = values.ravel()
        return flat


def _places(weights, draws: list[Draw], seeds):
    """Yields where each draw went: offset, number of its seed, draw."""
    values = [draw.values() for draw in draws]
    offset = 0
    for weight in weights:
        for draw, drawn in zip(draws, values, strict=True):
            # Shapes differ, or all values do.
            if np.array_equal(drawn.astype("float32"), weight):
                yield offset, seeds.index(draw.seed), draw
                break
        offset += weight.size
