"""Image sets as tensorflow-datasets keeps them."""

import json
import os
import pathlib
import re
import tempfile
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_writable
from keras_tgdd.synthetic.formats.image_folder import check_picture

_VERSION = "1.0.0"


def write_tfds(
    data_dir: PathLike,
    name: str,
    x: np.ndarray,
    y: np.ndarray,
    class_names: Sequence[str],
    facts: Mapping[str, Any],
) -> None:
    """Writes images and labels as split "train" of a data set.

    It is complete in a temporary folder before it gets its name.

    Args:
        data_dir: path, created where missing.
        name: string of lower-case letters, digits and underscores.
        x: float array of shape `(n, height, width, channels)`, in [0, 1], of
            1 or 3 channels; rounded to bytes.
        y: int array of shape `(n,)`.
        class_names: sequence of strings, one a class.
        facts: JSON-compatible dict; the last line of the description.

    Raises:
        ImportError: if tensorflow-datasets is not installed.
        FileExistsError: if there is something of that name.
        OSError: if it cannot be written.
        ValueError: if tensorflow-datasets cannot store the set, or not under
            that name.
    """
    _check(name, x.shape[-1], class_names)
    tfds = _import_tfds()
    if name in tfds.list_builders(with_community_datasets=False):
        raise ValueError(
            f"`name` must not be that of a set of tensorflow-datasets, which "
            f"would be loaded in its place. Received: name={name!r}"
        )
    # As tensorflow-datasets reads the path.
    data_dir = pathlib.Path(data_dir).expanduser()
    target = data_dir / name
    if os.path.lexists(target):
        raise FileExistsError(
            f"{str(target)!r} exists. Delete it, or choose another `name`."
        )
    check_writable(data_dir)
    with tempfile.TemporaryDirectory(
        prefix=f".{name}.", suffix=".tmp", dir=data_dir
    ) as temporary:
        folder = pathlib.Path(temporary) / name
        version = folder / _VERSION
        version.mkdir(parents=True)
        info = _describe(tfds, version, name, x, class_names, facts)
        writer = tfds.core.SequentialWriter(info, max_examples_per_shard=len(x))
        writer.initialize_splits(["train"])
        pixels = np.uint8(np.rint(255 * x))
        examples = [
            {"image": image, "label": label}
            for image, label in zip(pixels, y.tolist(), strict=True)
        ]
        writer.add_examples({"train": examples})
        writer.close_all()
        os.rename(folder, target)


def _check(name, channels, class_names):
    """Refuses what tensorflow-datasets would refuse later, or misread."""
    if not isinstance(name, str) or not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise ValueError(
            "`name` must be lower-case letters, digits and underscores, a "
            "letter first, such as 'my_distilled_set'; the folder goes into "
            f"`data_dir`. Received: name={name!r}"
        )
    check_picture(channels)
    # They are kept one a line, and lines without text are passed over.
    bad = [n for n in class_names if not n.strip() or len(n.splitlines()) > 1]
    if bad or len(set(class_names)) < len(class_names):
        raise ValueError(
            "tensorflow-datasets needs class names that are lines of text, no "
            f"two alike. Received: {tuple(class_names)}"
        )


def _describe(tfds, directory, name, x, class_names, facts):
    features = {
        "image": tfds.features.Image(shape=x.shape[1:], encoding_format="png"),
        "label": tfds.features.ClassLabel(names=list(class_names)),
    }
    return tfds.core.DatasetInfo(
        builder=tfds.core.DatasetIdentity(
            name=name,
            version=_VERSION,
            data_dir=str(directory),
            module_name="keras_tgdd",
        ),
        description=(
            f"Distilled images of {len(class_names)} classes, decoded, pixels "
            "rounded to bytes.\nNetworks take (image / 255 - mean) / std, by "
            f"the numbers on the next line.\n{json.dumps(facts)}"
        ),
        features=tfds.features.FeaturesDict(features),
        supervised_keys=("image", "label"),
        # Keeps the order in which images are written.
        disable_shuffling=True,
    )


def _import_tfds():
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise ImportError(
            "`to_tfds` needs tensorflow-datasets, which is not installed. "
            "Install it with `pip install keras-tgdd[datasets]`."
        ) from error
    return tfds
