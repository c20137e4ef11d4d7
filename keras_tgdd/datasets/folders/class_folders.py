"""Reading images from one folder per class."""

import pathlib
import warnings
from collections.abc import Sequence

import numpy as np
from tqdm.auto import tqdm

from keras_tgdd.arguments import check_positive_int
from keras_tgdd.datasets.folders.image_files import SUFFIXES
from keras_tgdd.datasets.folders.image_files import read_image
from keras_tgdd.datasets.resize import fit_image

# How many files or classes a message names at most.
_MOST_NAMED = 20

# Pairs of the path of an image file and its label.
LabelledFiles = list[tuple[pathlib.Path, int]]


def check_size(image_size: int | tuple[int, int]) -> tuple[int, int]:
    """Returns an image size as `(height, width)`.

    Args:
        image_size: positive int, or two of them.

    Raises:
        ValueError: if it is neither.
    """
    if isinstance(image_size, (int, np.integer)):
        image_size = (image_size, image_size)
    if not isinstance(image_size, (tuple, list)) or len(image_size) != 2:
        raise ValueError(
            "`image_size` must be an int or (height, width). Received: "
            f"image_size={image_size!r}"
        )
    for side in image_size:
        check_positive_int("image_size", side)
    height, width = image_size
    return int(height), int(width)


def some_of(items: Sequence[str], separator: str = ", ") -> str:
    """Joins the first twenty items and the number of the others."""
    shown = [*items[:_MOST_NAMED]]
    if len(items) > _MOST_NAMED:
        shown.append(f"and {len(items) - _MOST_NAMED} more")
    return separator.join(shown)


def is_image_file(path: pathlib.Path) -> bool:
    """Returns whether a path is a visible file with an image suffix."""
    return (
        path.suffix.lower() in SUFFIXES
        and not path.name.startswith(".")
        and path.is_file()
    )


def files_of_classes(
    folder: pathlib.Path, names: Sequence[str]
) -> LabelledFiles:
    """Lists the image files of each class, at any depth.

    Args:
        folder: path that holds one folder per class.
        names: names of these folders, in the order of the labels.

    Returns:
        Pairs of a path and a label, ordered by class and path.
    """
    return [
        (path, label)
        for label, name in enumerate(names)
        for path in sorted((folder / name).rglob("*"))
        if is_image_file(path)
    ]


def read_parts(
    parts: Sequence[tuple[pathlib.Path, LabelledFiles]],
    names: Sequence[str],
    size: tuple[int, int],
    least: int = 1,
    verbose: int = 1,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Reads the parts of a data set, such as training and test images.

    Files that cannot be read are left out, with a warning that names them. The
    images have one channel if all images of all parts are grey, else three.

    Args:
        parts: per part, its folder (for messages) and its files.
        names: names of the class folders, one per label, for messages.
        size: `(height, width)`; images are resized to cover it, then cropped.
        least: int, the fewest images a class may have in a part. Defaults to
            `1`.
        verbose: `0` is silent, `1` shows a progress bar. Defaults to `1`.

    Returns:
        Per part, uint8 images of shape `(n, height, width, channels)` and
        int64 labels.

    Raises:
        ValueError: if a class has fewer readable images than `least`.
    """
    unreadable = []
    arrays = [
        _read(files, size, f"reading {folder.name}", unreadable, verbose)
        for folder, files in parts
    ]
    if unreadable:
        shown = some_of(unreadable, "\n  ")
        warnings.warn(
            f"Files that could not be read are left out ({len(unreadable)}):"
            f"\n  {shown}",
            stacklevel=3,  # The caller of the loader.
        )
    for (folder, _), (_, labels) in zip(parts, arrays, strict=True):
        _check_counts(labels, names, folder, least)
    channels = max(images.shape[-1] for images, _ in arrays)
    return [(_with_channels(x, channels), y) for x, y in arrays]


def _read(files, size, title, unreadable, verbose):
    """Returns resized images and labels; appends failures to `unreadable`.

    The array is filled in place, so that memory never holds the images twice.
    It has one channel until the first coloured image.
    """
    images = np.empty((len(files), *size, 1), "uint8")
    labels = []
    for path, label in tqdm(files, title, disable=not verbose):
        try:
            image = fit_image(read_image(path), size)
        except ValueError as error:
            unreadable.append(f"{path}: {error}")
            continue
        images = _with_channels(images, max(images.shape[-1], image.shape[-1]))
        images[len(labels)] = image
        labels.append(label)
    return images[: len(labels)], np.array(labels, "int64")


def _with_channels(images, channels):
    """Repeats the channel of grey images where others are coloured."""
    if images.shape[-1] == channels:
        return images
    return np.repeat(images, channels, axis=-1)


def _check_counts(labels, names, folder, least):
    counts = np.bincount(labels, minlength=len(names))
    few = [name for name, n in zip(names, counts, strict=True) if n < least]
    if few:
        raise ValueError(
            f"Each class needs {least} readable images or more, ending in "
            f"one of {SUFFIXES}. Received: too few in {few} of {str(folder)!r}"
        )
