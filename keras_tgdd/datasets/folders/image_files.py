"""Reading image files."""

import pathlib

import numpy as np

from keras_tgdd.runtime.optional import require

# Formats of photographs. Pillow opens more, some of which are programs.
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
# Pillow's modes of one channel: 1, 8 or 32 bits, floats, with transparency.
_GREY_MODES = ("1", "L", "LA", "La", "I", "F")


def read_image(path: pathlib.Path) -> np.ndarray:
    """Reads an image as a viewer shows it: upright, on a white background.

    Args:
        path: path of the file.

    Returns:
        uint8 array of shape `(height, width, 1)` for a grey image, else
        `(height, width, 3)`. For an animation, its first frame.

    Raises:
        ImportError: if Pillow is not installed.
        ValueError: if the file is no complete image, or has too many pixels.
    """
    image = _pillow("PIL.Image")
    operations = _pillow("PIL.ImageOps")
    try:
        with image.open(path) as picture:
            return _to_array(operations.exif_transpose(picture))
    except (
        OSError,
        SyntaxError,  # Pillow raises it for broken PNG chunks.
        ValueError,
        image.DecompressionBombError,
    ) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _pillow(module):
    return require(module, "images", "Reading image files")


def _to_array(picture):
    if picture.mode.startswith("I;16"):  # 0–65535, which Pillow would clip.
        return (np.asarray(picture) // 257).astype("uint8")[..., None]
    grey = picture.mode in _GREY_MODES
    if "transparency" in picture.info or picture.mode.endswith(("A", "a")):
        picture = picture.convert("RGBA")
        image = _pillow("PIL.Image")
        ground = image.new("RGBA", picture.size, "white")
        picture = image.alpha_composite(ground, picture)
    array = np.asarray(picture.convert("L" if grey else "RGB"))
    return array[..., None] if grey else array
