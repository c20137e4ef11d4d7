"""Reading and writing image files."""

import pathlib
import re
from collections.abc import Sequence

import numpy as np
from PIL import Image
from PIL import ImageOps

from keras_tgdd.annotations import PathLike
from keras_tgdd.storage.replacing import replacing

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


def write_images(
    directory: PathLike,
    images: Sequence[np.ndarray],
    class_names: Sequence[str],
) -> None:
    """Writes images as PNG files, in a folder for each class.

    Args:
        directory: path, created where missing.
        images: for each class a float array of shape
            `(n, height, width, channels)`, in [0, 1].
        class_names: sequence of strings.

    Raises:
        ValueError: if there are neither 1 nor 3 channels.
    """
    channels = images[0].shape[-1]
    check_picture(channels)
    for label, (name, of_class) in enumerate(
        zip(class_names, images, strict=True)
    ):
        # A name is never a path: "../x" becomes ".._x" behind a number.
        name = re.sub(r"[^\w.-]", "_", name)[:80]
        folder = pathlib.Path(directory) / f"{label:02d}_{name}"
        folder.mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(of_class):
            pixels = np.uint8(np.rint(255 * image))
            picture = Image.fromarray(
                pixels[..., 0] if channels == 1 else pixels
            )
            with replacing(folder / f"{number:03d}.png") as temporary:
                picture.save(temporary, format="png")


def check_picture(channels: int) -> None:
    """Raises `ValueError` unless images of so many channels are pictures."""
    if channels not in (1, 3):
        raise ValueError(
            "Pictures have 1 channel or 3. Received: images of "
            f"{channels} channels; keep them with `save`"
        )


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
