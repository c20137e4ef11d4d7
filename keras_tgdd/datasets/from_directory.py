"""One's own images, in a folder for each class."""

import pathlib
import warnings

import numpy as np
from tqdm.auto import tqdm

from keras_tgdd.annotations import PathLike
from keras_tgdd.checks import check_positive_int
from keras_tgdd.datasets.image_dataset import ImageDataset
from keras_tgdd.datasets.image_files import SUFFIXES
from keras_tgdd.datasets.image_files import read_image
from keras_tgdd.datasets.resize import fit_image
from keras_tgdd.datasets.statistics import channel_statistics

_TEST_FOLDERS = ("test", "val", "validation")
# Unreadable files that a message names.
_MOST_NAMED = 20


def from_directory(
    directory: PathLike,
    image_size: int | tuple[int, int] = 32,
    test_fraction: float = 0.2,
    seed: int = 0,
    flip: bool = True,
    verbose: int = 1,
) -> ImageDataset:
    """Reads a folder that holds a folder of images for each class.

    Classes are the names of the folders, in alphabetical order. Where there
    are folders `train` and `test` (or `val`, `validation`), each with the
    folders of the classes, these are the two parts; else a share of each class
    is held out as test data. Images are turned upright, resized so that they
    cover `image_size`, and cropped at the centre. If all are grey they have
    one channel, else all have three. Hidden files, and files that do not end
    as images do, are passed over; files that cannot be read are named in a
    warning and left out.

    Args:
        directory: path.
        image_size: int, side in pixels, or `(height, width)`. Defaults to
            `32`.
        test_fraction: float in (0, 1), share of each class that is held out
            where there is no folder of test images. Defaults to `0.2`.
        seed: int, seed of that choice. Defaults to `0`.
        flip: whether a mirrored image still belongs to its class, for the
            augmentation of an evaluation. Defaults to `True`.
        verbose: `0` is silent, `1` shows a progress bar. Defaults to `1`.

    Returns:
        `ImageDataset` with uint8 images of shape
        `(n, height, width, channels)`, int64 labels and class names.

    Raises:
        FileNotFoundError: if there is no such directory.
        ValueError: if there are fewer than two classes, a class has too few
            readable images, or a number is out of range.

    Example:

    ```python
    data = keras_tgdd.datasets.from_directory("photos", image_size=(48, 64))
    distilled = keras_tgdd.distill(
        data.x_train, data.y_train, class_names=data.class_names
    )
    ```
    """
    directory = pathlib.Path(directory)
    size = _check(directory, image_size, test_fraction)
    train, test = _parts(directory)
    names = _class_names(train)
    if test is not None and _class_names(test) != names:
        raise ValueError(
            "Training and test images must have the same classes. Received: "
            f"{names} in {train.name!r}, {_class_names(test)} in {test.name!r}"
        )
    unreadable = []
    parts = [
        _read(part, names, size, unreadable, verbose)
        for part in (train, test)
        if part is not None
    ]
    _report(unreadable)
    for part, (_, labels) in zip((train, test), parts):
        # One to train on; two where one of them is to be held out.
        _check_counts(labels, names, part, 1 if test is not None else 2)
    grey = all(image.shape[-1] == 1 for images, _ in parts for image in images)
    parts = [(_same_channels(x, grey), np.array(y)) for x, y in parts]
    if test is None:
        x, y = parts[0]
        parts = _hold_out(x, y, test_fraction, seed)
    (x_train, y_train), (x_test, y_test) = parts
    mean, std = channel_statistics(x_train)
    return ImageDataset(
        name=directory.resolve().name,
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        class_names=tuple(names),
        mean=mean,
        std=std,
        flip=flip,
    )


def _check(directory, image_size, test_fraction):
    """Refuses bad arguments; returns `(height, width)`."""
    if not directory.is_dir():
        raise FileNotFoundError(
            "`directory` must hold a folder of images for each class. "
            f"Received: directory={str(directory)!r}, which is no directory"
        )
    size = (
        (image_size, image_size) if isinstance(image_size, int) else image_size
    )
    if len(size) != 2:
        raise ValueError(
            "`image_size` must be an int or (height, width). Received: "
            f"image_size={image_size}"
        )
    for side in size:
        check_positive_int("image_size", side)
    if not 0.0 < test_fraction < 1.0:
        raise ValueError(
            "`test_fraction` must lie between 0 and 1. Received: "
            f"test_fraction={test_fraction}"
        )
    return tuple(size)


def _folders(directory):
    return sorted(
        path
        for path in directory.iterdir()
        if path.is_dir() and not path.name.startswith(".")
    )


def _parts(directory):
    """Folders of the training and of the test part, the latter if any."""
    found = {path.name: path for path in _folders(directory)}
    test = next((found[n] for n in _TEST_FOLDERS if n in found), None)
    if "train" in found and test is not None:
        return found["train"], test
    return directory, None


def _class_names(part):
    names = [path.name for path in _folders(part)]
    if len(names) < 2:
        raise ValueError(
            "There must be a folder of images for each of two classes or "
            f"more. Received: the folders {names} in {str(part)!r}"
        )
    return names


def _read(part, names, size, unreadable, verbose):
    """Images, resized, and labels; adds to the files that fail."""
    paths = [
        (path, label)
        for label, name in enumerate(names)
        for path in sorted((part / name).rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and not path.name.startswith(".")
        and path.is_file()
    ]
    images, labels = [], []
    for path, label in tqdm(paths, f"reading {part.name}", disable=not verbose):
        try:
            image = read_image(path)
        except ValueError as error:
            unreadable.append(f"{path}: {error}")
            continue
        images.append(fit_image(image, size))
        labels.append(label)
    return images, labels


def _report(unreadable):
    if not unreadable:
        return
    shown = "\n  ".join(unreadable[:_MOST_NAMED])
    more = len(unreadable) - _MOST_NAMED
    if more > 0:
        shown += f"\n  and {more} more"
    warnings.warn(
        f"Files that could not be read are left out ({len(unreadable)}):\n  "
        f"{shown}",
        stacklevel=3,
    )


def _check_counts(labels, names, part, least):
    counts = np.bincount(np.array(labels, int), minlength=len(names))
    few = [name for name, n in zip(names, counts, strict=True) if n < least]
    if few:
        raise ValueError(
            f"Each class needs {least} readable images or more, ending in "
            f"one of {SUFFIXES}. Received: too few in {few} of {str(part)!r}"
        )


def _same_channels(images, grey):
    """One array; grey images among coloured ones get three channels."""
    channels = 1 if grey else 3
    return np.stack(
        [
            np.broadcast_to(image, (*image.shape[:2], channels))
            for image in images
        ]
    )


def _hold_out(x, y, fraction, seed):
    """Splits so that each class has an image on both sides."""
    train, test = [], []
    generator = np.random.default_rng(seed)
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        count = min(max(1, round(fraction * len(members))), len(members) - 1)
        held = generator.choice(members, count, replace=False)
        test.append(np.sort(held))
        train.append(np.setdiff1d(members, held))
    train, test = np.concatenate(train), np.concatenate(test)
    return (x[train], y[train]), (x[test], y[test])
