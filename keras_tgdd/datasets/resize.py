"""Images of any size to squares of one size."""

import numpy as np
from PIL import Image
from PIL import ImageOps


def fit_image(image: np.ndarray, side: int) -> np.ndarray:
    """Resizes an image so that it covers a square, and crops the centre.

    Args:
        image: uint8 array of shape `(height, width, channels)` with 1 or 3
            channels.
        side: int, side of the square in pixels.

    Returns:
        uint8 array of shape `(side, side, channels)`.
    """
    grey = image.shape[-1] == 1
    picture = Image.fromarray(image[..., 0] if grey else image)
    picture = ImageOps.fit(
        picture, (side, side), method=Image.Resampling.BILINEAR
    )
    array = np.asarray(picture)
    return array[..., None] if grey else array
