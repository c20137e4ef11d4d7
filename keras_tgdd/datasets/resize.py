"""Images of any size to one size."""

import numpy as np
from PIL import Image
from PIL import ImageOps


def fit_image(image: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """Resizes an image so that it covers a rectangle, and crops the centre.

    Args:
        image: uint8 array of shape `(height, width, channels)` with 1 or 3
            channels.
        size: int, side of a square in pixels, or `(height, width)`.

    Returns:
        uint8 array of shape `(height, width, channels)`.
    """
    height, width = (size, size) if isinstance(size, int) else size
    if image.shape[:2] == (height, width):
        return image
    grey = image.shape[-1] == 1
    picture = Image.fromarray(image[..., 0] if grey else image)
    picture = ImageOps.fit(
        picture, (width, height), method=Image.Resampling.BILINEAR
    )
    array = np.asarray(picture)
    return array[..., None] if grey else array
