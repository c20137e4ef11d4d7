"""Images as other packages store them: normalized, channels first."""

import numpy as np

from keras_tgdd.arguments import PathLike

# Pixels this little outside [0, 1] are clipped: float32 there and back.
_ROUNDING = 1e-5


def normalize(x: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Normalizes images and moves their channels to the front.

    Args:
        x: float32 array of shape `(n, height, width, channels)`, in [0, 1].
        mean: float32 array of shape `(channels,)`.
        std: as `mean`.

    Returns:
        float32 array of shape `(n, channels, height, width)`.
    """
    return np.ascontiguousarray(((x - mean) / std).transpose(0, 3, 1, 2))


def check_images_and_labels(
    images: np.ndarray, labels: np.ndarray, filepath: PathLike
) -> None:
    """Refuses what is not one label for each channels-first image.

    Args:
        images: float32 array.
        labels: int64 array.
        filepath: path they were read from, for the message.

    Raises:
        ValueError: if shapes do not fit, a number is NaN or infinite, or
            labels do not run from 0 without a gap.
    """
    where = repr(str(filepath))
    if images.ndim != 4 or 0 in images.shape:
        raise ValueError(
            f"Images of {where} must have shape (n, channels, height, width) "
            f"with no axis of length 0. Received: shape={images.shape}"
        )
    if images.shape[1] not in (1, 3) and images.shape[3] in (1, 3):
        raise ValueError(
            f"Images of {where} must come channels first, as "
            "`permute(0, 3, 1, 2)` makes them. Received: shape="
            f"{images.shape}"
        )
    if labels.shape != images.shape[:1]:
        raise ValueError(
            f"Labels of {where} must be one an image, shape "
            f"({len(images)},). Received: shape={labels.shape}"
        )
    found = np.unique(labels)
    if not np.array_equal(found, np.arange(len(found))):
        raise ValueError(
            f"Labels of {where} must run from 0 without a gap. Received: "
            f"{len(found)} classes from {found[0]} to {found[-1]}"
        )
    low, high = float(images.min()), float(images.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(
            f"Images of {where} must not hold NaN or infinity. Received: "
            f"min={low}, max={high}"
        )


def undo_normalization(
    images: np.ndarray,
    mean: np.ndarray,
    std: np.ndarray,
    clip: bool,
    filepath: PathLike,
) -> np.ndarray:
    """Returns pixels in [0, 1], channels last.

    Args:
        images: float32 array of shape `(n, channels, height, width)`.
        mean: float32 array of shape `(channels,)`.
        std: as `mean`.
        clip: whether values outside [0, 1] are clipped; else only rounding
            is, and the rest refused.
        filepath: path they were read from, for the message.

    Raises:
        ValueError: if pixels lie outside [0, 1] and `clip` is false.
    """
    x = images.transpose(0, 2, 3, 1) * std + mean
    low, high = float(x.min()), float(x.max())
    if not clip and (low < -_ROUNDING or high > 1.0 + _ROUNDING):
        outside = 100 * np.mean((x < -_ROUNDING) | (x > 1.0 + _ROUNDING))
        raise ValueError(
            f"Images of {str(filepath)!r} must lie in [0, 1] after "
            f"multiplication by std={std.tolist()} and addition of "
            f"mean={mean.tolist()}. Received: min={low:g}, max={high:g}, "
            f"{outside:.2g} % of the values outside. Name the constants they "
            "were made with, or pass `clip=True` where the method left its "
            "pixels free."
        )
    return np.clip(x, 0.0, 1.0)
