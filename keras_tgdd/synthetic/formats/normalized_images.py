"""Images as other packages store them: normalized, channels first."""

from collections.abc import Mapping

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.synthetic.formats.published_normalization import (
    choose_constants,
)

# Pixels this little outside [0, 1] are rounding errors of float32.
_ROUNDING = 1e-5


def normalize(x: np.ndarray, normalization: Normalization) -> np.ndarray:
    """Normalizes images and moves their channels to the front.

    Args:
        x: float32 array of shape `(n, height, width, channels)`, in [0, 1].
        normalization: `Normalization` for these channels.

    Returns:
        float32 array of shape `(n, channels, height, width)`.
    """
    return np.ascontiguousarray(normalization.apply(x).transpose(0, 3, 1, 2))


def from_normalized(
    images: np.ndarray,
    labels: np.ndarray,
    published: Mapping[str, Normalization],
    normalization: str | Normalization,
    *,
    clip: bool,
    path: PathLike,
    normalized: bool = True,
) -> tuple[np.ndarray, Normalization]:
    """Checks images and labels from a file and denormalizes the images.

    Args:
        images: float32 array of shape `(n, channels, height, width)`.
        labels: int64 array of shape `(n,)`.
        published: dict from the name of a data set to its constants.
        normalization: one of these names, or a `Normalization`.
        clip: whether pixels outside [0, 1] are clipped; otherwise they are
            refused, except for rounding errors.
        path: path the arrays were read from, for messages.
        normalized: whether the stored images are normalized. Defaults to
            `True`.

    Returns:
        Pixels in [0, 1], channels last, and the `Normalization` of the set.

    Raises:
        TypeError, ValueError: if anything does not fit.
    """
    check_images_and_labels(images, labels, path)
    channels = images.shape[1]
    constants = choose_constants(published, normalization, channels)
    stored = constants if normalized else Normalization().for_channels(channels)
    return undo_normalization(images, stored, clip, path), constants


def check_images_and_labels(
    images: np.ndarray, labels: np.ndarray, filepath: PathLike
) -> None:
    """Checks that there is one label per channels-first image.

    Args:
        images: float32 array.
        labels: int64 array.
        filepath: path the arrays were read from, for the message.

    Raises:
        ValueError: if shapes do not fit, a pixel is NaN or infinite, or labels
            do not run from 0 without a gap.
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
            f"Labels of {where} must be one per image, shape "
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
    normalization: Normalization,
    clip: bool,
    filepath: PathLike,
) -> np.ndarray:
    """Denormalizes images and moves their channels to the back.

    Args:
        images: float32 array of shape `(n, channels, height, width)`.
        normalization: `Normalization` for these channels.
        clip: whether pixels outside [0, 1] are clipped; otherwise they are
            refused, except for rounding errors.
        filepath: path the images were read from, for the message.

    Returns:
        float32 array of shape `(n, height, width, channels)`, in [0, 1].

    Raises:
        ValueError: if pixels lie outside [0, 1] and `clip` is false.
    """
    mean, std = normalization.mean, normalization.std
    x = images.transpose(0, 2, 3, 1) * std + mean
    low, high = float(x.min()), float(x.max())
    if not clip and (low < -_ROUNDING or high > 1.0 + _ROUNDING):
        outside = 100 * np.mean((x < -_ROUNDING) | (x > 1.0 + _ROUNDING))
        raise ValueError(
            f"Images of {str(filepath)!r} must lie in [0, 1] after "
            f"multiplication by std={std.tolist()} and addition of "
            f"mean={mean.tolist()}. Received: min={low:g}, max={high:g}, "
            f"{outside:.2g} % of the values outside. Name the constants they "
            "were made with, or pass `clip=True` if the method does not bound "
            "its pixels."
        )
    return np.clip(x, 0.0, 1.0)
