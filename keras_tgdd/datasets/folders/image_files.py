"""Reading image files."""

import pathlib

import numpy as np
from PIL import Image
from PIL import ImageOps

# Formats of photographs; Pillow opens more, some of them programs.
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
# One channel: bits, bytes, 16 or 32 bits, floats, and grey with transparency.
_GREY_MODES = ("1", "L", "LA", "La", "I", "F")


def read_image(path: pathlib.Path) -> np.ndarray:
    """Reads an image as it is seen: turned upright, on white.

    Args:
        path: path of the file.

    Returns:
        uint8 array of shape `(height, width, 1)` of a grey image, else
        `(height, width, 3)`. Of an animation, the first picture.

    Raises:
        ValueError: if it is not a whole image, or one of too many pixels.
    """
    try:
        with Image.open(path) as picture:
            return _to_array(ImageOps.exif_transpose(picture))
    except (
        OSError,
        SyntaxError,  # what Pillow raises for broken PNG chunks
        ValueError,
        Image.DecompressionBombError,
    ) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _to_array(picture):
    if picture.mode.startswith("I;16"):  # 0–65535, where Pillow would clip
        return np.uint8(np.asarray(picture) // 257)[..., None]
    grey = picture.mode in _GREY_MODES
    if "transparency" in picture.info or picture.mode.endswith(("A", "a")):
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(ground, picture)
    array = np.asarray(picture.convert("L" if grey else "RGB"))
    return array[..., None] if grey else array
