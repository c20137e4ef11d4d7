"""Images as PNG files, in one folder per class."""

import pathlib
import re
from collections.abc import Sequence

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.runtime.optional import require
from keras_tgdd.storage.atomic_write import atomic_write


def write_images(
    directory: PathLike,
    images: Sequence[np.ndarray],
    class_names: Sequence[str],
) -> None:
    """Writes images as PNG files, in one folder per class.

    Args:
        directory: path, created where missing.
        images: per class, a float array of shape
            `(n, height, width, channels)`, in [0, 1].
        class_names: sequence of strings.

    Raises:
        ImportError: if Pillow is not installed.
        ValueError: if there are neither 1 nor 3 channels.
    """
    channels = images[0].shape[-1]
    check_picture(channels)
    image_module = require("PIL.Image", "images", "Writing image files")
    for label, (name, class_images) in enumerate(
        zip(class_names, images, strict=True)
    ):
        # A name never becomes a path: "../x" is written as "00_.._x".
        name = re.sub(r"[^\w.-]", "_", name)[:80]
        folder = pathlib.Path(directory) / f"{label:02d}_{name}"
        folder.mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(class_images):
            pixels = np.rint(255 * image).astype("uint8")
            picture = image_module.fromarray(
                pixels[..., 0] if channels == 1 else pixels
            )
            with atomic_write(folder / f"{number:03d}.png") as temporary:
                picture.save(temporary, format="png")


def check_picture(channels: int) -> None:
    """Raises `ValueError` unless images of `channels` can be PNG files."""
    if channels not in (1, 3):
        raise ValueError(
            "Pictures have 1 channel or 3. Received: images of "
            f"{channels} channels; keep them with `save`"
        )
