"""Digests of data and settings, and the differences between two settings."""

import hashlib
import json
from collections.abc import Iterable

import numpy as np


def digest(*parts: str | bytes | np.ndarray) -> str:
    """Returns the SHA-256 hex digest of parts, joined in their order.

    Args:
        *parts: strings, which count as UTF-8; bytes; or arrays, which count
            as their values in row-major order. Neither the borders between
            parts nor the shapes and dtypes of arrays count.

    Returns:
        String of 64 hex digits.
    """
    return digest_all(parts)


def digest_all(parts: Iterable[str | bytes | np.ndarray]) -> str:
    """Returns `digest(*parts)`, holding one part in memory at a time.

    Args:
        parts: iterable of strings, bytes and arrays.

    Returns:
        String of 64 hex digits.
    """
    sha256 = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            sha256.update(part.encode())
        elif isinstance(part, np.ndarray):
            sha256.update(np.ascontiguousarray(part).data)
        else:
            sha256.update(part)
    return sha256.hexdigest()


def fingerprint(x: np.ndarray, y: np.ndarray) -> str:
    """Returns the SHA-256 hex digest of images and labels.

    Args:
        x: array of images. Its shape and dtype count.
        y: array of integer labels. Its shape counts.

    Returns:
        String of 64 hex digits.
    """
    y = np.asarray(y, "int64")
    return digest(f"{x.shape} {x.dtype}", x, f"{y.shape} {y.dtype}", y)


def settings_fingerprint(settings: dict) -> str:
    """Returns the first 16 hex digits of the SHA-256 digest of settings.

    Args:
        settings: JSON-compatible dict. The order of its keys does not count.
    """
    return digest(json.dumps(settings, sort_keys=True))[:16]


def differences(
    stored: dict,
    wanted: dict,
    template: str = "{key}: stored {stored!r}, now {wanted!r}",
    *,
    mutual: bool = False,
) -> list[str]:
    """Lists the entries in which two dicts differ. A missing entry is `None`.

    Args:
        stored: dict.
        wanted: dict.
        template: string, the format of an item, with the fields `key`,
            `stored` and `wanted`.
        mutual: whether to list entries of `stored` that `wanted` lacks. The
            keys are then in sorted order, otherwise in the order of `wanted`.
            Defaults to `False`.

    Returns:
        List of strings, such as `"seed: stored 1, now 2"`.
    """
    keys = sorted(stored.keys() | wanted.keys()) if mutual else wanted
    return [
        template.format(key=key, stored=stored.get(key), wanted=wanted.get(key))
        for key in keys
        if stored.get(key) != wanted.get(key)
    ]
