"""Which files of PyTorch the benchmarks of the field read and write.

References:
    - [DD-Ranking](https://github.com/NUS-HPC-AI-Lab/DD-Ranking/blob/97082f6c30b6aac348b09e75031d4bd027cd99b2/demo_hard.py)
    - [DC-BENCH](https://github.com/justincui03/dc_benchmark/tree/071901d430e8ca0b5d7e245da63af62d1164e7d2/data_loader)
    - [IDC](https://github.com/snu-mllab/Efficient-Dataset-Condensation/blob/086273cdd49826f6943b1eca4e94e7be80eb9eb6/condense.py)
"""  # noqa: E501

import pathlib
from typing import Any

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.synthetic.formats.torch_files import image_array
from keras_tgdd.synthetic.formats.torch_files import label_array
from keras_tgdd.synthetic.formats.torch_files import read_torch_file
from keras_tgdd.synthetic.formats.torch_files import write_torch_files

# Into so many files DC-BENCH cuts Tiny ImageNet at 50 images per class.
_PARTS = 5


def write_dd_ranking(
    directory: PathLike, images: np.ndarray, labels: np.ndarray
) -> None:
    """Writes two tensors, `images.pt` and `labels.pt`."""
    write_torch_files(directory, {"images.pt": images, "labels.pt": labels})


def read_dd_ranking(directory: PathLike) -> tuple[np.ndarray, np.ndarray]:
    """Reads what `write_dd_ranking` wrote.

    Returns:
        Images, float32, and int64 labels, of whatever shapes they have.
    """
    directory = pathlib.Path(directory)
    return _read_pair(directory / "images.pt", directory / "labels.pt")


def write_dc_benchmark(
    directory: PathLike,
    images: np.ndarray,
    labels: np.ndarray,
    in_parts: bool = False,
) -> None:
    """Writes `images_best.pt` and `labels_best.pt`, or five of each.

    These are the files of its method `tm`, which name no data set.
    """
    if not in_parts:
        files = {"images_best.pt": images, "labels_best.pt": labels}
    else:
        files = {}
        for number, part in enumerate(np.array_split(images, _PARTS)):
            files[f"images_best_{number}.pt"] = part
        for number, part in enumerate(np.array_split(labels, _PARTS)):
            files[f"labels_best_{number}.pt"] = part
    write_torch_files(directory, files)


def read_dc_benchmark(path: PathLike) -> tuple[np.ndarray, np.ndarray]:
    """Reads the folder of method `tm`, or a file of `dc`, `dsa` or `dm`.

    Returns:
        As `read_dd_ranking`.
    """
    path = pathlib.Path(path)
    if not path.is_dir():
        # {"data": [[images, labels] of each repetition], ...}
        content = read_torch_file(path)
        repetitions = content.get("data") if isinstance(content, dict) else None
        if not isinstance(repetitions, (list, tuple)) or not repetitions:
            raise ValueError(
                f"{str(path)!r} must hold a dict whose 'data' is a list of "
                f"[images, labels]. Received: {_describe(content)}"
            )
        return _pair(repetitions[-1], path)
    if not (path / "images_best_0.pt").exists():
        return _read_pair(path / "images_best.pt", path / "labels_best.pt")
    parts = [
        _read_pair(path / f"images_best_{n}.pt", path / f"labels_best_{n}.pt")
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


def read_idc(filepath: PathLike) -> tuple[np.ndarray, np.ndarray]:
    """Reads a pair of images, not normalized, and labels.

    Returns:
        As `read_dd_ranking`.
    """
    return _pair(read_torch_file(filepath), filepath)


def _read_pair(images_path, labels_path):
    images = image_array(read_torch_file(images_path), images_path)
    return images, label_array(read_torch_file(labels_path), labels_path)


def _pair(content: Any, filepath):
    if not isinstance(content, (list, tuple)) or len(content) != 2:
        raise ValueError(
            f"{str(filepath)!r} must hold a pair [images, labels]. Received: "
            f"{_describe(content)}"
        )
    images = image_array(content[0], filepath)
    return images, label_array(content[1], filepath)


def _describe(content):
    if isinstance(content, dict):
        return f"a dict of {[str(key)[:40] for key in list(content)[:5]]}"
    if isinstance(content, (list, tuple)):
        return f"a {type(content).__name__} of {len(content)}"
    return type(content).__name__
