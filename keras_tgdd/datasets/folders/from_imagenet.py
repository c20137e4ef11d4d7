"""Subsets of ImageNet, read from its folders."""

import pathlib
from collections.abc import Sequence

from keras_tgdd.arguments import PathLike
from keras_tgdd.datasets.folders.class_folders import check_size
from keras_tgdd.datasets.folders.class_folders import files_of_classes
from keras_tgdd.datasets.folders.class_folders import is_image_file
from keras_tgdd.datasets.folders.class_folders import read_parts
from keras_tgdd.datasets.folders.imagenet_subsets import SUBSETS
from keras_tgdd.datasets.folders.wordnet_folders import check_class_folders
from keras_tgdd.datasets.folders.wordnet_folders import check_parts
from keras_tgdd.datasets.folders.wordnet_folders import check_wordnet_ids
from keras_tgdd.datasets.image_dataset import ImageDataset
from keras_tgdd.datasets.image_dataset import to_dataset


def from_imagenet(
    directory: PathLike,
    subset: str | Sequence[str] = "woof",
    image_size: int | tuple[int, int] = 128,
    *,
    verbose: int = 1,
) -> ImageDataset:
    """Reads a subset of ImageNet from its folders.

    The directory holds `train/<id>/*.JPEG` and `val/<id>/*.JPEG`, one folder
    per class, named by its WordNet id. It may hold further classes; the
    archives of Imagenette and Imagewoof hold their ten. Images of `val` are
    the test images. Images keep their proportions: they are resized to cover
    `image_size`, and cropped at the centre. Files that cannot be read are left
    out, with a warning that names them.

    Args:
        directory: path.
        subset: `"nette"`, `"woof"`, `"fruit"`, `"meow"`, `"squawk"` or
            `"yellow"`, ten classes each, or a sequence of WordNet ids. Labels
            number the classes in the order of the subset. Defaults to
            `"woof"`.
        image_size: int, side in pixels, or `(height, width)`. Defaults to
            `128`.
        verbose: `0` is silent, `1` shows a progress bar. Defaults to `1`.

    Returns:
        `ImageDataset` with uint8 images of shape
        `(n, height, width, channels)` and int64 labels. Its name is that of
        the subset, such as `"imagewoof"`, or `"imagenet"` for a sequence of
        ids. Class names are words, or the id where no subset has the class.

    Raises:
        FileNotFoundError: if the directory does not have this layout, or class
            folders are missing; it lists them.
        ImportError: if Pillow is not installed.
        ValueError: if there is no such subset, the images of `val` are not
            sorted into folders, a class has no readable image, or
            `image_size` is no size.

    Example:

    ```python
    data = keras_tgdd.datasets.from_imagenet("imagenet", subset="fruit")
    data.class_names[:2]  # ("pineapple", "banana")
    ```

    References:
        - [Cazenavette et al., 2022](https://arxiv.org/abs/2203.11932), whose
          subsets these are
    """
    directory = pathlib.Path(directory)
    size = check_size(image_size)
    classes = _classes(subset)
    check_parts(
        directory, "folders 'train' and 'val', each with one folder per class"
    )
    folders = [directory / "train", directory / "val"]
    ids = list(classes)
    _check_sorted(folders[1], ids)
    for folder in folders:
        check_class_folders(
            folder,
            ids,
            "Unpack their archives there, or choose a `subset` whose classes "
            "are there.",
        )
    parts = read_parts(
        [(folder, files_of_classes(folder, ids)) for folder in folders],
        ids,
        size,
        verbose=verbose,
    )
    suffix = subset if isinstance(subset, str) else "net"
    return to_dataset(f"image{suffix}", parts, classes.values())


def _classes(subset):
    """Returns the class names by their ids, in the order of the labels."""
    if isinstance(subset, str):
        if subset not in SUBSETS:
            raise ValueError(
                f"`subset` must be one of {list(SUBSETS)} or a sequence of "
                f"WordNet ids. Received: subset={subset!r}"
            )
        return SUBSETS[subset]
    known = {i: name for of in SUBSETS.values() for i, name in of.items()}
    return {i: known.get(i, i) for i in check_wordnet_ids("subset", subset)}


def _check_sorted(val, ids):
    """Refuses validation images that are not sorted into class folders."""
    if any((val / i).is_dir() for i in ids):
        return
    image = next((path for path in val.iterdir() if is_image_file(path)), None)
    if image is not None:
        raise ValueError(
            "Validation images must lie in a folder for each class, "
            f"{str(val / ids[0])!r} and so on. Received: "
            f"{image.name!r} in {str(val)!r} itself. Sort them first, with "
            "the script valprep.sh of github.com/soumith/imagenetloader.torch "
            "or by constructing `torchvision.datasets.ImageNet` once over the "
            "archives."
        )
