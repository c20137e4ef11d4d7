"""Mean and standard deviation by which images are normalized."""

import dataclasses
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import to_unit_range

# Images whose statistics are computed together, which bounds memory.
_CHUNK = 256


@keras.saving.register_keras_serializable(package="keras_tgdd")
@dataclasses.dataclass(frozen=True, eq=False, init=False, repr=False)
class Normalization:
    """Normalizes images in [0, 1] to `(image - mean) / std`.

    Two normalizations are equal if their means and standard deviations have
    the same shapes and the same float32 values.

    Args:
        mean: one float for all channels, or floats of shape `(channels,)`, in
            [0, 1] units. Defaults to `0.0`.
        std: as `mean`, the standard deviation; above 0. Defaults to `1.0`.

    Attributes:
        mean: read-only float32 array of shape `()` or `(channels,)`.
        std: as `mean`.

    Raises:
        ValueError: if `mean` or `std` is neither one finite number nor one
            per channel, if they are for different numbers of channels, or if
            `std` is not positive.

    Example:

    ```python
    normalization = keras_tgdd.Normalization(mean=[0.5], std=[0.25])
    normalization.apply(np.full((1, 1, 1, 1), 255, "uint8"))  # [[[[2.]]]]
    ```
    """

    mean: np.ndarray
    std: np.ndarray

    def __init__(self, mean: ArrayLike = 0.0, std: ArrayLike = 1.0) -> None:
        arrays = {"mean": _to_array("mean", mean), "std": _to_array("std", std)}
        channels = max(array.size for array in arrays.values())
        for name, array in arrays.items():
            _check_channels(name, array, channels)
            object.__setattr__(self, name, array)
        if np.min(self.std) <= 0:
            raise ValueError(
                "`std` must be positive; use 1 for a channel that never "
                f"varies. Received: std={std!r}"
            )

    @classmethod
    def of(cls, x: np.ndarray) -> "Normalization":
        """Computes mean and standard deviation per channel of images.

        Args:
            x: array of shape `(n, height, width, channels)`, uint8 in 0–255
                or float in [0, 1].

        Returns:
            `Normalization` with arrays of shape `(channels,)`. A channel with
            one value only has a standard deviation of 1.

        Raises:
            TypeError, ValueError: if `x` is no such array.
        """
        check_images(x)
        moments = _byte_moments if x.dtype == np.uint8 else _float_moments
        mean, variance = moments(x)
        std = np.sqrt(np.maximum(variance, 0.0))
        std[std < 1e-6] = 1.0
        return cls(mean, std)

    def for_channels(self, channels: int) -> "Normalization":
        """Returns this normalization with one mean and std per channel.

        Args:
            channels: int, the channels of the images.

        Returns:
            `Normalization` with arrays of shape `(channels,)`.

        Raises:
            ValueError: if it is for another number of channels.
        """
        _check_channels("mean", self.mean, channels)
        _check_channels("std", self.std, channels)
        return Normalization(
            np.broadcast_to(self.mean, (channels,)),
            np.broadcast_to(self.std, (channels,)),
        )

    def apply(self, x: np.ndarray) -> np.ndarray:
        """Normalizes images.

        Args:
            x: array of shape `(..., channels)`, uint8 in 0–255 or float in
                [0, 1].

        Returns:
            float32 array of the same shape, `(x - mean) / std`.
        """
        return (to_unit_range(x) - self.mean) / self.std

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments as JSON-compatible numbers and lists."""
        return {"mean": self.mean.tolist(), "std": self.std.tolist()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Normalization":
        """Creates a normalization from `get_config()`."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Normalization):
            return NotImplemented
        return self.get_config() == other.get_config()

    def __hash__(self) -> int:
        return hash((*self.mean.ravel().tolist(), *self.std.ravel().tolist()))

    def __repr__(self) -> str:
        mean, std = self.mean.tolist(), self.std.tolist()
        return f"Normalization(mean={mean}, std={std})"


def check_normalization(normalization: Any, channels: int) -> Normalization:
    """Returns a normalization for images of a number of channels.

    Args:
        normalization: the value to check.
        channels: int, the channels of the images.

    Returns:
        `Normalization` with arrays of shape `(channels,)`.

    Raises:
        TypeError: if `normalization` is no `Normalization`.
        ValueError: if it is for another number of channels.
    """
    if not isinstance(normalization, Normalization):
        raise TypeError(
            "`normalization` must be a `keras_tgdd.Normalization`, such as "
            "`Normalization(mean=0.5, std=0.25)`. Received: normalization="
            f"{normalization!r}"
        )
    return normalization.for_channels(channels)


def _to_array(name: str, value: ArrayLike) -> np.ndarray:
    """Returns a read-only float32 copy of one number or one per channel."""
    try:
        with np.errstate(over="ignore"):
            array = np.array(value, "float32")
    except (TypeError, ValueError):
        array = np.array(np.nan, "float32")
    if array.ndim > 1 or array.size == 0 or not np.all(np.isfinite(array)):
        raise ValueError(
            f"`{name}` must be one finite number, or one per channel. "
            f"Received: {name}={value!r}"
        )
    array.setflags(write=False)
    return array


def _check_channels(name: str, array: np.ndarray, channels: int) -> None:
    if array.shape not in ((), (1,), (channels,)):
        raise ValueError(
            f"`{name}` must be one finite number, or one for each of "
            f"{channels} channels. Received: {name}={array.tolist()}"
        )


def _byte_moments(x):
    """Mean and variance per channel, from exact counts of the 256 values."""
    counts = np.zeros((x.shape[-1], 256), "int64")
    # `bincount` widens each byte to eight, hence the small parts.
    for part in _parts(x):
        for channel, count in enumerate(counts):
            count += np.bincount(part[..., channel].ravel(), minlength=256)
    values = np.arange(256) / 255.0
    share = counts / counts.sum(axis=1, keepdims=True)
    mean = share @ values
    return mean, share @ values**2 - mean**2


def _float_moments(x):
    """Mean and variance per channel, in float64."""
    mean = x.mean(axis=(0, 1, 2), dtype="float64")
    squares = sum(
        np.sum((part - mean) ** 2, axis=(0, 1, 2)) for part in _parts(x)
    )
    return mean, squares / x[..., 0].size


def _parts(x):
    return (x[i : i + _CHUNK] for i in range(0, len(x), _CHUNK))
