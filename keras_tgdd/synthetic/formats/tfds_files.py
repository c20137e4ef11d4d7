"""Distilled sets as data sets of tensorflow-datasets."""

import json
import os
import pathlib
import re
import tempfile

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_writable
from keras_tgdd.runtime.optional import require
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.synthetic.image_folder import check_picture

_VERSION = "1.0.0"


def write_tfds(
    distilled: DistilledDataset, data_dir: PathLike, name: str
) -> None:
    """Writes a distilled set, decoded, as a data set of tensorflow-datasets.

    Afterwards `tfds.load(name, data_dir=data_dir, split="train")` reads it,
    also with `as_supervised=True` and without this package. Its features are
    `image`, uint8 and losslessly compressed, and `label`, with the class
    names; in the order of `to_numpy`. **Pixels are rounded to bytes**;
    `DistilledDataset.save` keeps them exactly. The last line of
    `info.description` is JSON with `mean`, `std` and `info`.

    Args:
        distilled: `DistilledDataset` of 1 or 3 channels.
        data_dir: path, created where missing.
        name: string of lower-case letters, digits and underscores that starts
            with a letter.

    Raises:
        ImportError: if tensorflow-datasets is not installed.
        FileExistsError: if `data_dir` has something of that name.
        OSError: if the set cannot be written; then no file is left.
        ValueError: if the name has another form or is that of a known data
            set, images have neither 1 nor 3 channels, or class names are
            empty, equal or of several lines.

    Example:

    ```python
    formats.write_tfds(distilled, "data", "my_distilled_set")
    ```
    """
    _check(name, distilled.image_shape[-1], distilled.class_names)
    tfds = require("tensorflow_datasets", "datasets", "`write_tfds`")
    if name in tfds.list_builders(with_community_datasets=False):
        raise ValueError(
            "`name` must not be that of a set of tensorflow-datasets, which "
            f"would be loaded in its place. Received: name={name!r}"
        )
    # tensorflow-datasets expands "~", too.
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
        info = _describe(tfds, version, name, distilled)
        x, y = distilled.to_numpy()
        writer = tfds.core.SequentialWriter(info, max_examples_per_shard=len(x))
        writer.initialize_splits(["train"])
        pixels = np.rint(255 * x).astype("uint8")
        examples = [
            {"image": image, "label": label}
            for image, label in zip(pixels, y.tolist(), strict=True)
        ]
        writer.add_examples({"train": examples})
        writer.close_all()
        os.rename(folder, target)


def _check(name, channels, class_names):
    """Refuses names that tensorflow-datasets would refuse later, or misread."""
    if not isinstance(name, str) or not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise ValueError(
            "`name` must be lower-case letters, digits and underscores, a "
            "letter first, such as 'my_distilled_set'; the folder goes into "
            f"`data_dir`. Received: name={name!r}"
        )
    check_picture(channels)
    # Stored one per line; empty lines are skipped when read.
    bad = [n for n in class_names if not n.strip() or len(n.splitlines()) > 1]
    if bad or len(set(class_names)) < len(class_names):
        raise ValueError(
            "tensorflow-datasets needs class names that are lines of text, no "
            f"two alike. Received: {tuple(class_names)}"
        )


def _describe(tfds, directory, name, distilled):
    """Returns the `DatasetInfo` of a distilled set."""
    facts = {**distilled.normalization.get_config(), "info": distilled.info}
    names = list(distilled.class_names)
    features = {
        "image": tfds.features.Image(
            shape=distilled.image_shape, encoding_format="png"
        ),
        "label": tfds.features.ClassLabel(names=names),
    }
    return tfds.core.DatasetInfo(
        builder=tfds.core.DatasetIdentity(
            name=name,
            version=_VERSION,
            data_dir=str(directory),
            module_name="keras_tgdd",
        ),
        description=(
            f"Distilled images of {len(names)} classes, decoded, pixels "
            "rounded to bytes.\nNetworks take (image / 255 - mean) / std, by "
            f"the numbers on the next line.\n{json.dumps(facts)}"
        ),
        features=tfds.features.FeaturesDict(features),
        supervised_keys=("image", "label"),
        # Keeps the order in which images are written.
        disable_shuffling=True,
    )
