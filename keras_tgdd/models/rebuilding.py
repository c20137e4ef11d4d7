"""Rebuilding networks from their stored config."""

import json
from typing import Any

import keras

# Registers this package's layers, which stored networks may use.
import keras_tgdd.layers  # noqa: F401
from keras_tgdd.runtime.compilation import default_dtype_policy

# Pixels of a job for which the fastest precision pays off.
_MANY = 2**62
# Packages whose classes a stored network may name.
_PACKAGES = ("builtins", "keras", "keras_tgdd")


def rebuild_network(architecture: str) -> keras.Model:
    """Rebuilds a network from the JSON of `keras.Model.to_json`.

    Layers of mixed precision get the mixed precision that is fastest on this
    backend: weights are float32 in any of them, and bfloat16 is fast on one
    backend and slow on another.

    Only layers of Keras, of this package, and those registered by
    `keras.saving.register_keras_serializable` are allowed, so that a file
    cannot import other modules or run code.

    Args:
        architecture: string of JSON.

    Returns:
        `keras.Model`.

    Raises:
        ValueError: if the JSON does not describe a network, or names other
            layers.
    """
    try:
        config = json.loads(architecture)
        _check_origin(config)
        _replace_policies(config, default_dtype_policy(_MANY))
        return keras.models.model_from_json(json.dumps(config))
    except (
        *(AttributeError, ImportError, KeyError, RecursionError),
        *(TypeError, ValueError),
    ) as error:
        raise ValueError(
            "The stored network cannot be rebuilt; pass it with `network=`. "
            f"Received: {type(error).__name__}: {error}"
        ) from error


def _check_origin(node: Any) -> None:
    """Refuses a config that names a class of another package."""
    if isinstance(node, dict):
        module = node.get("module")
        known = module is None or str(module).split(".")[0] in _PACKAGES
        if not known and not keras.saving.get_registered_object(
            node.get("registered_name")
        ):
            raise ValueError(
                f"{node.get('class_name')!r} of module {module!r} is not a "
                "registered layer"
            )
        for value in node.values():
            _check_origin(value)
    elif isinstance(node, list):
        for value in node:
            _check_origin(value)


def _replace_policies(node: Any, policy: str) -> None:
    """Replaces the mixed dtype policies in a config, in place."""
    if isinstance(node, dict):
        name = node.get("config", {})
        if (
            node.get("class_name") == "DTypePolicy"
            and isinstance(name, dict)
            and str(name.get("name")).startswith("mixed_")
        ):
            name["name"] = policy
        for value in node.values():
            _replace_policies(value, policy)
    elif isinstance(node, list):
        for value in node:
            _replace_policies(value, policy)
