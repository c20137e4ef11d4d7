"""Distilled sets in the files of DD-Ranking."""

import pathlib
from collections.abc import Sequence

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.synthetic.formats.normalized_images import from_normalized
from keras_tgdd.synthetic.formats.normalized_images import normalize
from keras_tgdd.synthetic.formats.published_normalization import DD_RANKING
from keras_tgdd.synthetic.formats.published_normalization import (
    choose_constants,
)
from keras_tgdd.synthetic.formats.torch_files import read_torch_pair
from keras_tgdd.synthetic.formats.torch_files import write_torch_files

_IMAGES, _LABELS = "images.pt", "labels.pt"


def write_dd_ranking(
    distilled: DistilledDataset,
    directory: PathLike,
    normalization: str | Normalization,
) -> None:
    """Writes a distilled set, decoded, as DD-Ranking reads it.

    The files hold one tensor each, in the order of `to_numpy`: `images.pt`,
    float32, normalized and channels first, and `labels.pt`, int64. Pass them
    to DD-Ranking's evaluators as
    `compute_metrics(image_tensor=torch.load("images.pt"),
    hard_labels=torch.load("labels.pt"))`. Evaluators without labels need `ipc`
    to be the number of *decoded* images per class.

    Args:
        distilled: `DistilledDataset`.
        directory: path, created where missing. Files with the same names are
            replaced.
        normalization: `"cifar10"`, `"cifar100"` (which has the constants of
            CIFAR-10 there), `"tiny_imagenet"` or `"imagenet"` (with its
            subsets, such as Imagenette); or, for another data set, the
            `Normalization` of the real test images.

    Raises:
        ImportError: if torch is not installed.
        OSError: if the files cannot be written.
        TypeError: if `normalization` is neither a name nor a `Normalization`.
        ValueError: if the name is unknown, or it does not fit the channels.

    Example:

    ```python
    formats.write_dd_ranking(distilled, "for_dd_ranking", "cifar10")
    ```

    References:
        - [Its constants](https://github.com/NUS-HPC-AI-Lab/DD-Ranking/blob/4df3a56d66fe641b3fe725cef1412b02f128ec5f/ddranking/utils/data.py)
        - [Its use](https://github.com/NUS-HPC-AI-Lab/DD-Ranking/blob/97082f6c30b6aac348b09e75031d4bd027cd99b2/demo_hard.py)
    """  # noqa: E501
    channels = distilled.image_shape[-1]
    constants = choose_constants(DD_RANKING, normalization, channels)
    x, y = distilled.to_numpy()
    files = {_IMAGES: normalize(x, constants), _LABELS: y}
    write_torch_files(directory, files)


def read_dd_ranking(
    directory: PathLike,
    normalization: str | Normalization,
    *,
    class_names: Sequence[str] | np.ndarray | None = None,
    clip: bool = False,
) -> DistilledDataset:
    """Reads `images.pt` and `labels.pt` as DD-Ranking stores them.

    Images are sorted by class and denormalized to pixels in [0, 1]. Nothing is
    unpickled.

    Args:
        directory: path of a folder with both files.
        normalization: as for `write_dd_ranking`; it becomes that of the set.
        class_names: sequence or NumPy array of names, one per class. `None`
            numbers the classes.
        clip: whether pixels outside [0, 1] are clipped, as most methods'
            images need. `False`, the default, refuses them, except for
            rounding errors.

    Returns:
        `DistilledDataset` of factor 1.

    Raises:
        ImportError: if torch is not installed.
        FileNotFoundError: if a file is missing.
        TypeError: if `normalization` is neither a name nor a `Normalization`.
        ValueError: if a file is damaged or holds anything but one dense
            tensor, labels are not integers from 0 without a gap, or pixels
            are not in [0, 1] under these constants.
    """
    folder = pathlib.Path(directory)
    images, labels = read_torch_pair(folder / _IMAGES, folder / _LABELS)
    x, constants = from_normalized(
        images, labels, DD_RANKING, normalization, clip=clip, path=directory
    )
    return DistilledDataset(
        x, labels, class_names=class_names, normalization=constants
    )
