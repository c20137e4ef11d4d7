"""Tiny-ImageNet, read from the unpacked archive."""

import pathlib
import warnings
from collections.abc import Sequence

from keras_tgdd.arguments import PathLike
from keras_tgdd.datasets.folders.class_folders import LabelledFiles
from keras_tgdd.datasets.folders.class_folders import check_size
from keras_tgdd.datasets.folders.class_folders import files_of_classes
from keras_tgdd.datasets.folders.class_folders import is_image_file
from keras_tgdd.datasets.folders.class_folders import read_parts
from keras_tgdd.datasets.folders.class_folders import some_of
from keras_tgdd.datasets.folders.image_files import SUFFIXES
from keras_tgdd.datasets.folders.wordnet_folders import check_class_folders
from keras_tgdd.datasets.folders.wordnet_folders import check_parts
from keras_tgdd.datasets.folders.wordnet_folders import check_wordnet_ids
from keras_tgdd.datasets.folders.wordnet_folders import is_wordnet_id
from keras_tgdd.datasets.image_dataset import ImageDataset
from keras_tgdd.datasets.image_dataset import to_dataset

_ANNOTATIONS = "val_annotations.txt"


def from_tiny_imagenet(
    directory: PathLike,
    image_size: int | tuple[int, int] = 64,
    *,
    classes: Sequence[str] | None = None,
    verbose: int = 1,
) -> ImageDataset:
    """Reads Tiny-ImageNet from the folders of its archive.

    The directory, `tiny-imagenet-200`, holds

    - `train/<id>/images/*.JPEG`, one folder per WordNet id;
    - `val/images/*.JPEG`, used as test images, since those of `test` have no
      labels;
    - `val/val_annotations.txt`; each line has a file of `val/images` and its
      WordNet id, separated by tabs. Class folders in `val` or `val/images`
      are used instead, if there are any;
    - `wnids.txt`, the ids of all classes; without it, the folders of `train`
      are the classes;
    - `words.txt`, ids and their names.

    Images of another size are resized to cover `image_size`, and cropped at
    the centre. Files that cannot be read are left out, with a warning that
    names them. All 200 classes take 1.4 GB of memory.

    Args:
        directory: path.
        image_size: int, side in pixels, or `(height, width)`. Defaults to
            `64`.
        classes: WordNet ids of the classes to read, in the order of their
            labels. `None` reads all, sorted by id.
        verbose: `0` is silent, `1` shows a progress bar. Defaults to `1`.

    Returns:
        `ImageDataset` named `"tiny_imagenet"`, with uint8 images of shape
        `(n, height, width, channels)` and int64 labels. A class is called by
        its first name in `words.txt`, or by its id if it has none.

    Raises:
        FileNotFoundError: if the directory does not have this layout, or class
            folders or annotated images are missing.
        ImportError: if Pillow is not installed.
        ValueError: if the annotations name an unknown class or anything but a
            file of their folder, a class has no readable image, or `classes`
            or `image_size` do not fit.

    Example:

    ```python
    data = keras_tgdd.datasets.from_tiny_imagenet("tiny-imagenet-200")
    data.image_shape  # (64, 64, 3)
    ```

    References:
        - [The archive](http://cs231n.stanford.edu/tiny-imagenet-200.zip)
    """
    directory = pathlib.Path(directory)
    size = check_size(image_size)
    check_parts(
        directory, "Tiny-ImageNet as its archive unpacks, 'train' and 'val'"
    )
    train, val = directory / "train", directory / "val"
    known = _known_ids(directory)
    ids = known if classes is None else check_wordnet_ids("classes", classes)
    check_class_folders(
        train,
        ids,
        "Unpack the archive again, or name `classes` that are there.",
    )
    test_files, stray = _test_files(val, ids, {*known, *ids})
    if stray:
        warnings.warn(
            f"Images that {_ANNOTATIONS} does not name are left out "
            f"({len(stray)}): {some_of(stray)}",
            stacklevel=2,
        )
    parts = read_parts(
        [(train, files_of_classes(train, ids)), (val, test_files)],
        ids,
        size,
        verbose=verbose,
    )
    names = _class_names(directory / "words.txt", ids)
    return to_dataset("tiny_imagenet", parts, names)


def _lines(path):
    """Yields the non-empty lines of a text file with their numbers."""
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line.rstrip("\r\n")


def _known_ids(directory):
    """Returns the ids of all classes of the data set, sorted."""
    path = directory / "wnids.txt"
    if path.is_file():
        ids = [line.strip() for _, line in _lines(path)]
    else:
        folders = (directory / "train").iterdir()
        ids = [p.name for p in folders if is_wordnet_id(p.name) and p.is_dir()]
    return sorted(check_wordnet_ids(path.name, ids))


def _class_names(path, ids):
    """Returns the first name of each class, or its id."""
    words = {}
    if path.is_file():
        for _, line in _lines(path):
            wnid, _, names = line.partition("\t")
            words[wnid] = names.split(",")[0].strip()
    return [words.get(i) or i for i in ids]


def _test_files(
    val: pathlib.Path, ids: list[str], known: set[str]
) -> tuple[LabelledFiles, list[str]]:
    """Returns labelled test images, and the names of unlabelled ones."""
    for folder in (val, val / "images"):
        if any((folder / i).is_dir() for i in ids):
            check_class_folders(
                folder, ids, "Sort the images of every class into folders."
            )
            return files_of_classes(folder, ids), []
    path, images = val / _ANNOTATIONS, val / "images"
    if not path.is_file():
        raise FileNotFoundError(
            f"{str(val)!r} must hold {_ANNOTATIONS}, or a folder of images "
            "for each class. Received: neither. Unpack the archive again."
        )
    annotated = _annotated(path, known)
    labels = {wnid: label for label, wnid in enumerate(ids)}
    files = sorted(
        (labels[wnid], name)
        for name, wnid in annotated.items()
        if wnid in labels
    )
    missing = [name for _, name in files if not (images / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"{str(images)!r} must hold every image that {_ANNOTATIONS} "
            f"names. Received: no file {some_of(missing)}. Unpack the archive "
            "again, or remove the lines of these images."
        )
    stray = sorted(
        image.name
        for image in images.glob("*")
        if image.name not in annotated and is_image_file(image)
    )
    return [(images / name, label) for label, name in files], stray


def _annotated(path, known):
    """Returns the id of each image, by its file name."""
    ids = {}
    for number, line in _lines(path):
        name, _, rest = line.partition("\t")
        wnid = rest.partition("\t")[0].strip()
        received = f"Received: {line[:80]!r} in line {number} of {str(path)!r}"
        # Only a bare file name, on any system: never a path elsewhere.
        file = pathlib.PureWindowsPath(name)
        if file.name != name or file.suffix.lower() not in SUFFIXES:
            raise ValueError(
                "Annotations must name an image file of the folder 'images', "
                f"then, after a tab, a WordNet id. {received}"
            )
        if wnid not in known:
            raise ValueError(
                "Annotations must give each image a class of wnids.txt or, "
                "where that is missing, one that has a folder in 'train'. "
                f"{received}"
            )
        if name in ids:
            raise ValueError(
                f"Annotations must name each image once. {received}"
            )
        ids[name] = wnid
    return ids
