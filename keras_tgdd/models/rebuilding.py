"""Networks from their stored config."""

import json
from typing import Any

import keras

from keras_tgdd.runtime.compilation import default_dtype_policy

_MANY = 2**62
# Those whose classes a stored network may name.
_PACKAGES = ("builtins", "keras", "keras_tgdd")


def rebuild_network(architecture: str) -> keras.Model:
    """Rebuilds a network from `keras.Model.to_json`.

    Layers of a mixed precision get the one that is fastest on this backend:
    weights are float32 under each, and bfloat16 that is fast on one backend
    can be slow on another.

    Only layers of Keras, of this package, and those registered by
    `keras.saving.register_keras_serializable` are made: a file names nothing
    else to be imported, and no code in it is run.

    Args:
        architecture: string of JSON.

    Returns:
        `keras.Model`.

    Raises:
        ValueError: if it is no network, or one with other layers.
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
    """Refuses what Keras would have to import from elsewhere."""
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
