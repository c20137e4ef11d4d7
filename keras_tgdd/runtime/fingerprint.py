"""A name for the content of a data set."""

import hashlib
import json

import numpy as np


def fingerprint(x: np.ndarray, y: np.ndarray) -> str:
    """Returns a SHA-256 hex digest of images and labels.

    Args:
        x: array of images.
        y: array of labels.
    """
    digest = hashlib.sha256()
    for array in (x, np.asarray(y, "int64")):
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def settings_fingerprint(settings: dict) -> str:
    """Returns 16 hex digits of a JSON-compatible dict, whatever its order."""
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differences(stored: dict, wanted: dict) -> list[str]:
    """Says where what is stored is not what is wanted.

    Args:
        stored: dict.
        wanted: dict; entries of `stored` beyond these do not count.

    Returns:
        List of strings such as `"seed: stored 1, now 2"`.
    """
    return [
        f"{key}: stored {stored.get(key)!r}, now {value!r}"
        for key, value in wanted.items()
        if stored.get(key) != value
    ]
