"""One's own images, in a folder for each class."""

import pathlib

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.datasets.folders.class_folders import check_size
from keras_tgdd.datasets.folders.class_folders import files_of_classes
from keras_tgdd.datasets.folders.class_folders import read_parts
from keras_tgdd.datasets.image_dataset import ImageDataset
from keras_tgdd.datasets.image_dataset import to_dataset

_TEST_FOLDERS = ("test", "val", "validation")


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
    folders = [train] if test is None else [train, test]
    parts = read_parts(
        [(folder, files_of_classes(folder, names)) for folder in folders],
        names,
        size,
        # One to train on; two where one of them is to be held out.
        least=2 if test is None else 1,
        verbose=verbose,
    )
    if test is None:
        parts = _hold_out(*parts[0], test_fraction, seed)
    return to_dataset(directory.resolve().name, parts, names, flip)


def _check(directory, image_size, test_fraction):
    """Refuses bad arguments; returns `(height, width)`."""
    if not directory.is_dir():
        raise FileNotFoundError(
            "`directory` must hold a folder of images for each class. "
            f"Received: directory={str(directory)!r}, which is no directory"
        )
    size = check_size(image_size)
    if not 0.0 < test_fraction < 1.0:
        raise ValueError(
            "`test_fraction` must lie between 0 and 1. Received: "
            f"test_fraction={test_fraction}"
        )
    return size


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
