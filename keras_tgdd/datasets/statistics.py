"""Normalization statistics."""

import numpy as np
from numpy.typing import ArrayLike

# Images whose values are counted at a time.
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
        counts = np.zeros((x.shape[-1], 256), "int64")
        for start in range(0, len(x), _CHUNK):
            for c, of_channel in enumerate(counts):
                values = x[start : start + _CHUNK, ..., c].ravel()
                of_channel += np.bincount(values, minlength=256)
        values = np.arange(256) / 255.0
        share = counts / counts.sum(axis=1, keepdims=True)
        mean = share @ values
        variance = share @ values**2 - mean**2
    else:
        mean = x.mean(axis=(0, 1, 2), dtype="float64")
        variance = x.var(axis=(0, 1, 2), dtype="float64")
    std = np.sqrt(np.maximum(variance, 0.0))
    std[std < 1e-6] = 1.0
    return mean.astype("float32"), std.astype("float32")


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
    """
    if mean is not None and std is not None:
        return mean, std
    own_mean, own_std = channel_statistics(x)
    return (own_mean if mean is None else mean, own_std if std is None else std)
