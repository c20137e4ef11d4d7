"""Distilled sets in the files of DC-BENCH."""

import pathlib
from collections.abc import Sequence

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.synthetic.formats.normalized_images import from_normalized
from keras_tgdd.synthetic.formats.normalized_images import normalize
from keras_tgdd.synthetic.formats.published_normalization import DC_BENCHMARK
from keras_tgdd.synthetic.formats.published_normalization import (
    choose_constants,
)
from keras_tgdd.synthetic.formats.published_normalization import same_name
from keras_tgdd.synthetic.formats.torch_files import describe_content
from keras_tgdd.synthetic.formats.torch_files import read_torch_file
from keras_tgdd.synthetic.formats.torch_files import read_torch_pair
from keras_tgdd.synthetic.formats.torch_files import to_pair
from keras_tgdd.synthetic.formats.torch_files import write_torch_files

# DC-BENCH splits Tiny ImageNet with 50 images per class into five files.
_PARTS = 5


def write_dc_benchmark(
    distilled: DistilledDataset,
    directory: PathLike,
    normalization: str | Normalization,
) -> None:
    """Writes a distilled set, decoded, as DC-BENCH reads it.

    The files hold one tensor each, in the order of `to_numpy`:
    `images_best.pt`, float32, normalized and channels first, and
    `labels_best.pt`, int64. In `distilled_results/TM/CIFAR10/IPC10`,
    `evaluator.py --method tm --dataset CIFAR10 --ipc 10` of DC-BENCH finds
    them. Tiny ImageNet with 50 images per class is written as five files of
    each, as DC-BENCH expects.

    Args:
        distilled: `DistilledDataset`.
        directory: path, created where missing. Files with the same names are
            replaced.
        normalization: `"cifar10"`, `"cifar100"` or `"tiny_imagenet"`;
            `"svhn"`, `"mnist"` or `"fashion_mnist"`, which the older code that
            DC-BENCH builds on knows; or, for another data set, the
            `Normalization` of the real test images.

    Raises:
        ImportError: if torch is not installed.
        OSError: if the files cannot be written.
        TypeError: if `normalization` is neither a name nor a `Normalization`.
        ValueError: if the name is unknown, or it does not fit the channels.

    References:
        - [Its constants](https://github.com/justincui03/dc_benchmark/blob/071901d430e8ca0b5d7e245da63af62d1164e7d2/evaluator/evaluator_utils.py)
        - [Its files](https://github.com/justincui03/dc_benchmark/blob/071901d430e8ca0b5d7e245da63af62d1164e7d2/data_loader/tm_data_loader.py)
    """  # noqa: E501
    channels = distilled.image_shape[-1]
    constants = choose_constants(DC_BENCHMARK, normalization, channels)
    tiny = isinstance(normalization, str) and same_name(
        normalization, "tiny_imagenet"
    )
    x, y = distilled.to_numpy()
    arrays = {"images_best": normalize(x, constants), "labels_best": y}
    if tiny and distilled.images_per_class == 50:
        files = {
            f"{name}_{number}.pt": part
            for name, array in arrays.items()
            for number, part in enumerate(np.array_split(array, _PARTS))
        }
    else:
        files = {f"{name}.pt": array for name, array in arrays.items()}
    write_torch_files(directory, files)


def read_dc_benchmark(
    path: PathLike,
    normalization: str | Normalization,
    *,
    class_names: Sequence[str] | np.ndarray | None = None,
    clip: bool = False,
) -> DistilledDataset:
    """Reads a distilled set as DC-BENCH stores it.

    Images are sorted by class and denormalized to pixels in [0, 1]. Nothing is
    unpickled, so files that also hold NumPy numbers, as those of DC, DSA and
    DM do, are refused. If you trust such a file, load it with torch and save
    `{"data": content["data"]}`.

    Args:
        path: path of a folder with `images_best.pt` and `labels_best.pt`, or
            of a file such as `res_DM_CIFAR10_ConvNet_10ipc.pt`, whose last
            repetition is read.
        normalization: as for `write_dc_benchmark`; it becomes that of the
            set.
        class_names: as for `read_dd_ranking`.
        clip: as for `read_dd_ranking`.

    Returns:
        `DistilledDataset` of factor 1.

    Raises:
        ImportError, FileNotFoundError, TypeError, ValueError: as
            `read_dd_ranking`.
    """
    images, labels = _read(pathlib.Path(path))
    x, constants = from_normalized(
        images, labels, DC_BENCHMARK, normalization, clip=clip, path=path
    )
    return DistilledDataset(
        x, labels, class_names=class_names, normalization=constants
    )


def _read(path):
    """Reads the folder of method `tm`, or a file of `dc`, `dsa` or `dm`."""
    if not path.is_dir():
        # {"data": [[images, labels] of each repetition], ...}
        content = read_torch_file(path)
        repetitions = content.get("data") if isinstance(content, dict) else None
        if not isinstance(repetitions, (list, tuple)) or not repetitions:
            raise ValueError(
                f"{str(path)!r} must hold a dict whose 'data' is a list of "
                f"[images, labels]. Received: {describe_content(content)}"
            )
        return to_pair(repetitions[-1], path)
    if not (path / "images_best_0.pt").exists():
        return read_torch_pair(path / "images_best.pt", path / "labels_best.pt")
    parts = [
        read_torch_pair(
            path / f"images_best_{n}.pt", path / f"labels_best_{n}.pt"
        )
        for n in range(_PARTS)
    ]
    shapes = {images.shape[1:] for images, _ in parts}
    if len(shapes) > 1:
        raise ValueError(
            f"Images of {str(path)!r} must have one shape. Received: "
            f"{sorted(shapes)}"
        )
    images, labels = zip(*parts, strict=True)
    return np.concatenate(images), np.concatenate(labels)
