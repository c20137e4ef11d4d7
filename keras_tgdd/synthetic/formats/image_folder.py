"""Images as PNG files, in a folder per class."""

import pathlib
import re
from collections.abc import Sequence

import numpy as np
from PIL import Image

from keras_tgdd.arguments import PathLike
from keras_tgdd.storage.atomic_write import atomic_write


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
            with atomic_write(folder / f"{number:03d}.png") as temporary:
                picture.save(temporary, format="png")


def check_picture(channels: int) -> None:
    """Raises `ValueError` unless images of so many channels are pictures."""
    if channels not in (1, 3):
        raise ValueError(
            "Pictures have 1 channel or 3. Received: images of "
            f"{channels} channels; keep them with `save`"
        )
