"""New initial weights for any functional network, from a seed."""

import dataclasses
import json
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_tgdd.arguments import Seed
from keras_tgdd.models.seeded_initializer import DrawRecord
from keras_tgdd.models.seeded_initializer import SeededInitializer
from keras_tgdd.models.seeded_initializer import recording_draws
from keras_tgdd.models.seeded_initializer import supports


def draw_weights(network: keras.Model, seed: Seed) -> None:
    """Draws new initial weights for a network, in place.

    Keras' initializers seed themselves from global Python state. Here every
    initializer in the network's config is copied with a seed derived from
    `seed`, so a seed gives the same weights in any process, and one compiled
    network serves many runs. Keras' own initializers draw from NumPy
    (`SeededInitializer`), with equal values on all backends; others draw from
    the backend. Weights without a seeded initializer in the config get the
    values that their layers give them.

    Args:
        network: functional or sequential `keras.Model` that Keras can rebuild
            from its config.
        seed: int, or sequence of ints (entropy for
            `numpy.random.SeedSequence`).

    Raises:
        ValueError: if the network cannot be rebuilt from its config.
    """
    network.set_weights(fresh_network(network, seed).get_weights())


def fresh_network(network: keras.Model, seed: Seed) -> keras.Model:
    """Returns a network of the same architecture with the weights of a seed.

    Args:
        network: as in `draw_weights`.
        seed: as in `draw_weights`.

    Raises:
        ValueError: if the network cannot be rebuilt from its config.
    """
    config, initializers = _config(network)
    seeds = initializer_seeds(seed, len(initializers))
    with recording_draws():
        return _rebuild(config, initializers, seeds)


@dataclasses.dataclass(frozen=True, eq=False)
class MarkedNetwork:
    """A network whose weights name the draws that initialize them.

    Attributes:
        network: `keras.Model` in which a mark fills every weight that is drawn
            from NumPy.
        record: `DrawRecord` that knows the marks. The seed of each draw is
            the position of its initializer in the config.
        num_initializers: int, number of seeded initializers in the config.
        from_numpy: bool, whether all of them draw from NumPy.
    """

    network: keras.Model
    record: DrawRecord
    num_initializers: int
    from_numpy: bool


def marked_network(network: keras.Model) -> MarkedNetwork:
    """Builds a network of the same architecture whose weights are marks.

    Args:
        network: as in `draw_weights`.

    Raises:
        ValueError: if the network cannot be rebuilt from its config.
    """
    config, initializers = _config(network)
    number = len(initializers)
    from_numpy = all(
        supports(node[key]["class_name"]) for node, key in initializers
    )
    with recording_draws(marking=True) as record:
        marked = _rebuild(config, initializers, range(number))
    return MarkedNetwork(marked, record, number, from_numpy)


def initializer_seeds(seed: Seed, number: int) -> list[int]:
    """Returns a seed for each initializer of a network.

    Args:
        seed: as in `draw_weights`.
        number: int, how many seeded initializers the config has.

    Returns:
        List of ints, in the order of the config.
    """
    sequence = np.random.SeedSequence(seed)
    return [int(state >> 1) for state in sequence.generate_state(number)]


def _config(network: keras.Model) -> tuple[dict, list[tuple[dict, str]]]:
    """Returns a network's config and where its seeded initializers stand.

    Returns:
        The config, and a list of pairs: an object in the config, and the key
        of an initializer in it.
    """
    config = json.loads(network.to_json())
    return config, list(_initializers(config))


def _rebuild(
    config: dict, initializers: list[tuple[dict, str]], seeds: Sequence[int]
) -> keras.Model:
    """Builds the network of a config, with these seeds written into it."""
    for (node, key), seed in zip(initializers, seeds, strict=True):
        node[key]["config"]["seed"] = seed
        if supports(node[key]["class_name"]):
            node[key] = keras.initializers.serialize(
                SeededInitializer(node[key], seed)
            )
    try:
        return keras.models.model_from_json(json.dumps(config))
    except (TypeError, ValueError) as error:
        raise ValueError(
            "The network must be one that Keras can rebuild from its config; "
            "register custom objects with "
            "`keras.saving.register_keras_serializable`. Received: "
            f"network={config['config']['name']!r}, which failed with: {error}"
        ) from error


def _initializers(node: Any) -> Iterator[tuple[dict, str]]:
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
