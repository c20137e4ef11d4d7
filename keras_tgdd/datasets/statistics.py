"""Normalization statistics."""

import numpy as np
from numpy.typing import ArrayLike

from keras_tgdd.arguments import check_statistics

# Images that are looked at together.
_CHUNK = 256


def channel_statistics(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Computes mean and standard deviation of each channel.

    Args:
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].

    Returns:
        Two float32 arrays of shape `(channels,)`, in [0, 1] units. A channel
        that never varies gets a standard deviation of 1.
    """
    if x.dtype == np.uint8:
        # Counting values is exact. NumPy widens bytes to eight of them to
        # count, so a few images are taken at a time.
        counts = sum(
            np.stack(
                [
                    np.bincount(part[..., c].ravel(), minlength=256)
                    for c in range(x.shape[-1])
                ]
            )
            for part in _parts(x)
        )
        values = np.arange(256) / 255.0
        share = counts / counts.sum(axis=1, keepdims=True)
        mean = share @ values
        variance = share @ values**2 - mean**2
    else:
        mean = x.mean(axis=(0, 1, 2), dtype="float64")
        squares = sum(
            np.sum((part - mean) ** 2, axis=(0, 1, 2)) for part in _parts(x)
        )
        variance = squares / x[..., 0].size
    std = np.sqrt(np.maximum(variance, 0.0))
    std[std < 1e-6] = 1.0
    return mean.astype("float32"), std.astype("float32")


def _parts(x):
    """A few images at a time."""
    return (x[i : i + _CHUNK] for i in range(0, len(x), _CHUNK))


def complete_statistics(
    x: np.ndarray, mean: ArrayLike | None, std: ArrayLike | None
) -> tuple[ArrayLike, ArrayLike]:
    """Fills in what a caller left open from the images.

    Args:
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].
        mean: floats of shape `(channels,)` in [0, 1] units, or `None`.
        std: as `mean`.

    Returns:
        `mean` and `std`, neither of them `None`.

    Raises:
        ValueError: if images cannot be normalized by them.
    """
    if mean is None or std is None:
        own_mean, own_std = channel_statistics(x)
        mean = own_mean if mean is None else mean
        std = own_std if std is None else std
    check_statistics(mean, std, x.shape[-1])
    return mean, std
