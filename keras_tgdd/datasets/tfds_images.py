"""Image-classification data sets of tensorflow-datasets."""

import difflib
import pathlib

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.datasets.resize import fit_image
from keras_tgdd.runtime.optional import require

_DEFAULT_SIDE = 128


def load_tfds(
    name: str, data_dir: PathLike | None = None, image_size: int | None = None
) -> tuple:
    """Loads the training and test parts of a data set of tensorflow-datasets.

    Args and errors as `keras_tgdd.datasets.load`.

    Returns:
        `((x_train, y_train), (x_test, y_test))`, uint8 images and int64
        labels, and the class names.
    """
    tfds = require(
        "tensorflow_datasets",
        "datasets",
        "Loading data sets other than 'digits'",
    )
    builder = _builder(tfds, name, data_dir)
    features = builder.info.features
    if "image" not in features or "label" not in features:
        raise ValueError(
            f"{name!r} must have the features 'image' and 'label' to be used "
            f"for classification. Received: {sorted(features)}"
        )
    builder = _prepared(tfds, builder, name)
    names = list(builder.info.splits)
    test = next((s for s in ("test", "validation") if s in names), None)
    if "train" not in names or test is None:
        raise ValueError(
            f"{name!r} must have a part 'train' and a part 'test' or "
            f"'validation'. Received: {names}"
        )
    fixed = None not in features["image"].shape
    read = _read_fixed if fixed else _read_varied
    parts = tuple(
        read(tfds, builder, split, image_size) for split in ("train", test)
    )
    return parts, tuple(features["label"].names)


def _builder(tfds, name, data_dir):
    try:
        return tfds.builder(name, data_dir=data_dir)
    except (tfds.core.DatasetNotFoundError, ValueError) as error:
        known = [*tfds.list_builders(), "digits"]
        close = difflib.get_close_matches(str(name), known, n=3)
        hint = f" Did you mean one of {close}?" if close else ""
        raise ValueError(
            f"There is no data set of that name. Received: name={name!r}."
            f"{hint} The names are listed at "
            "https://www.tensorflow.org/datasets/catalog/overview."
        ) from error


def _prepared(tfds, builder, name):
    """Returns a builder with its data, downloaded only if nowhere on disk."""
    if builder.is_prepared():
        return builder
    if "/" not in name:
        # Another configuration may be there, such as imagenette/160px-v2.
        root = pathlib.Path(builder.data_dir_root) / name
        found = sorted(root.glob("*/*/dataset_info.json"))
        if found:
            return tfds.builder_from_directory(found[-1].parent)
    try:
        builder.download_and_prepare()
    except Exception as error:  # tfds passes on any error of its reader
        raise RuntimeError(
            f"{name!r} is not in {str(builder.data_dir_root)!r} and could not "
            f"be downloaded ({type(error).__name__}: {error}). Check the "
            "network connection, or pass the `data_dir=` that holds it."
        ) from error
    return builder


def _read_fixed(tfds, builder, split, image_size):
    """Reads images of equal size in one batch."""
    data = tfds.as_numpy(
        builder.as_dataset(split=split, batch_size=-1, shuffle_files=False)
    )
    images, labels = data["image"], data["label"].astype("int64")
    if image_size is not None and images.shape[1:3] != (image_size,) * 2:
        images = np.stack([fit_image(image, image_size) for image in images])
    return images, labels


def _read_varied(tfds, builder, split, image_size):
    """Reads images of different sizes one by one."""
    images, labels = [], []
    dataset = builder.as_dataset(split=split, shuffle_files=False)
    for example in tfds.as_numpy(dataset):
        image = example["image"]
        side = image_size or _DEFAULT_SIDE
        images.append(fit_image(image, side))
        labels.append(example["label"])
    return np.stack(images), np.asarray(labels, "int64")
