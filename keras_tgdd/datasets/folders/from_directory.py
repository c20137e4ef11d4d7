"""A data set from a directory with one folder of images per class."""

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
    *,
    test_fraction: float = 0.2,
    seed: int = 0,
    flip: bool = True,
    verbose: int = 1,
) -> ImageDataset:
    """Reads a directory that holds one folder of images per class.

    The folders' names, in alphabetical order, are the classes. If the
    directory holds folders `train` and `test` (or `val`, `validation`), each
    with one folder per class, these are the two parts of the data set.
    Otherwise a fraction of each class is held out as test data.

    Images are turned upright, resized to cover `image_size`, and cropped at
    the centre. They have one channel if all are grey, else three. Hidden files
    and files without an image suffix are ignored. Files that cannot be read
    are left out, with a warning that names them.

    Args:
        directory: path.
        image_size: int, side in pixels, or `(height, width)`. Defaults to
            `32`.
        test_fraction: float in (0, 1), the fraction of each class that is
            held out if there is no folder of test images. Defaults to `0.2`.
        seed: int, seed of the held-out choice. Defaults to `0`.
        flip: whether a mirrored image still belongs to its class; evaluations
            then augment by mirroring. Defaults to `True`.
        verbose: `0` is silent, `1` shows a progress bar. Defaults to `1`.

    Returns:
        `ImageDataset` with uint8 images of shape
        `(n, height, width, channels)`, int64 labels and class names.

    Raises:
        FileNotFoundError: if there is no such directory.
        ImportError: if Pillow is not installed.
        ValueError: if there are fewer than two classes, a class has too few
            readable images, or a number is out of range.

    Example:

    ```python
    data = keras_tgdd.datasets.from_directory("photos", image_size=(48, 64))
    data.image_shape  # (48, 64, 3)
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
        # One to train on, and one to hold out.
        least=2 if test is None else 1,
        verbose=verbose,
    )
    if test is None:
        parts = _hold_out(*parts[0], test_fraction, seed)
    return to_dataset(directory.resolve().name, parts, names, flip)


def _check(directory, image_size, test_fraction):
    """Checks the arguments; returns `(height, width)`."""
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
    """Returns the folders of training and test part, the latter or `None`."""
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
    """Splits such that both parts have an image of every class."""
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
