"""Fresh initial weights for any functional network, from a seed."""

import json

import keras
import numpy as np

from keras_tgdd.arguments import Seed
from keras_tgdd.models.seeded_initializer import Draw
from keras_tgdd.models.seeded_initializer import SeededInitializer
from keras_tgdd.models.seeded_initializer import counting_draws
from keras_tgdd.models.seeded_initializer import supports


def draw_weights(network: keras.Model, seed: Seed) -> None:
    """Draws new initial weights for a network, in place.

    Keras' initializers seed themselves from global Python state. Here every
    initializer of the network's config is cloned with a seed derived from
    `seed`, so a seed gives the same weights whatever ran before, and one
    compiled network serves many runs. Keras' own initializers are drawn from
    NumPy (`SeededInitializer`), alike on all backends; others draw from the
    backend. Weights that no initializer of the config draws start as the
    layers make them.

    Args:
        network: functional or sequential `keras.Model` that can be rebuilt
            from its config.
        seed: int, or sequence of ints (entropy for
            `numpy.random.SeedSequence`).

    Raises:
        ValueError: if the network cannot be rebuilt from its config.
    """
    network.set_weights(fresh_network(network, seed)[0].get_weights())


def fresh_network(
    network: keras.Model, seed: Seed
) -> tuple[keras.Model, list[Draw], list[int]]:
    """Makes another network like one, with the weights of a seed.

    Args:
        network: as in `draw_weights`.
        seed: as in `draw_weights`.

    Returns:
        The network, the draws of its weights that came from NumPy, and the
        seeds of its initializers in the order of its config.

    Raises:
        ValueError: if the network cannot be rebuilt from its config.
    """
    config = json.loads(network.to_json())
    initializers = list(_initializers(config))
    seeds = initializer_seeds(seed, len(initializers))
    for (node, key), number in zip(initializers, seeds, strict=True):
        node[key]["config"]["seed"] = number
        if supports(node[key]["class_name"]):
            node[key] = keras.initializers.serialize(
                SeededInitializer(node[key], number)
            )
    try:
        with counting_draws() as draws:
            fresh = keras.models.model_from_json(json.dumps(config))
    except (TypeError, ValueError) as error:
        raise ValueError(
            "The network must be one that Keras can rebuild from its config; "
            "register custom objects with "
            "`keras.saving.register_keras_serializable`. Received: "
            f"network={network.name!r}, which failed with: {error}"
        ) from error
    return fresh, draws, seeds


def initializer_seeds(seed: Seed, number: int) -> list[int]:
    """Seeds of the initializers of a network, in the order of its config.

    Args:
        seed: as in `draw_weights`.
        number: int, how many there are.

    Returns:
        List of ints.
    """
    sequence = np.random.SeedSequence(seed)
    return [int(state >> 1) for state in sequence.generate_state(number)]


def _initializers(node):
    """Yields where each seeded initializer below a JSON node stands."""
    if isinstance(node, list):
        for item in node:
            yield from _initializers(item)
    elif isinstance(node, dict):
        for key, item in node.items():
            inner = item.get("config") if isinstance(item, dict) else None
            if (
                key.endswith("_initializer")
                and isinstance(inner, dict)
                and "seed" in inner
            ):
                yield node, key
            else:
                yield from _initializers(item)
