"""Resizing images of any size to one size."""

import numpy as np

from keras_tgdd.runtime.optional import require


def fit_image(image: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """Resizes an image to cover a rectangle, and crops it at the centre.

    Args:
        image: uint8 array of shape `(height, width, channels)` with 1 or 3
            channels.
        size: int, side of a square in pixels, or `(height, width)`.

    Returns:
        uint8 array of shape `(height, width, channels)`.

    Raises:
        ImportError: if Pillow is not installed and the size changes.
    """
    height, width = (size, size) if isinstance(size, int) else size
    if image.shape[:2] == (height, width):
        return image
    images = require("PIL.Image", "images", "Resizing images")
    operations = require("PIL.ImageOps", "images", "Resizing images")
    grey = image.shape[-1] == 1
    picture = images.fromarray(image[..., 0] if grey else image)
    picture = operations.fit(
        picture, (width, height), method=images.Resampling.BILINEAR
    )
    array = np.asarray(picture)
    return array[..., None] if grey else array
