"""Networks from their stored config."""

import json
from typing import Any

import keras

from keras_tgdd.compilation import default_dtype_policy

_MANY = 2**62


def rebuild_network(architecture: str) -> keras.Model:
    """Rebuilds a network from `keras.Model.to_json`.

    Layers of a mixed precision get the one that is fastest on this backend:
    weights are float32 under each, and bfloat16 that is fast on one backend
    can be slow on another.

    Args:
        architecture: string of JSON.

    Returns:
        `keras.Model`.
    """
    config = json.loads(architecture)
    _replace_policies(config, default_dtype_policy(_MANY))
    return keras.models.model_from_json(json.dumps(config))


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
