"""Files of PyTorch that hold tensors and nothing else.

Each function imports torch when called, whatever Keras runs on. Nothing is
unpickled: torch itself refuses anything but tensors, lists and dicts.
"""

import contextlib
import pathlib
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_writable
from keras_tgdd.runtime.optional import require
from keras_tgdd.storage.atomic_write import atomic_write

# No distilled set is larger than this, unpacked.
_MOST_BYTES = 16 * 2**30


def write_torch_files(
    directory: PathLike, arrays: Mapping[str, np.ndarray]
) -> None:
    """Writes each array as a file of one tensor.

    All files are complete under temporary names before the first is renamed.

    Args:
        directory: path, created where missing.
        arrays: dict from file names to arrays.

    Raises:
        ImportError: if torch is not installed.
        OSError: if it cannot be written.
    """
    torch = _import_torch()
    check_writable(directory)
    with contextlib.ExitStack() as stack:
        for name, array in arrays.items():
            path = pathlib.Path(directory) / name
            temporary = stack.enter_context(atomic_write(path))
            with open(temporary, "wb") as file:
                torch.save(torch.from_numpy(array), file)


def read_torch_file(filepath: PathLike) -> Any:
    """Reads a file that `torch.save` wrote.

    Args:
        filepath: path.

    Returns:
        A tensor, or lists and dicts of tensors, plain numbers and strings.

    Raises:
        ImportError: if torch is not installed.
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged, holds anything else, or is larger than
            any distilled set.
    """
    torch = _import_torch()
    filepath = pathlib.Path(filepath)
    if not filepath.is_file():
        raise FileNotFoundError(f"No file at {str(filepath)!r}.")
    size = _unpacked_size(filepath)
    if size > _MOST_BYTES:
        raise ValueError(
            f"{str(filepath)!r} must hold at most {_MOST_BYTES >> 30} GiB, as "
            f"any distilled set does. Received: {size / 2**30:.0f} GiB"
        )
    try:
        return torch.load(filepath, weights_only=True, map_location="cpu")
    except Exception as error:  # A hostile file can raise any error.
        found = re.search(r"GLOBAL (\S+)", str(error))
        what = f"holds {found[1]}" if found else type(error).__name__
        raise ValueError(
            f"{str(filepath)!r} must be a file of PyTorch with nothing but "
            f"tensors, lists and dicts. Received: {what}. If you trust it, "
            "load it with torch and save its images and labels alone."
        ) from error


def read_torch_pair(
    images_path: PathLike, labels_path: PathLike
) -> tuple[np.ndarray, np.ndarray]:
    """Reads a file of images and a file of labels.

    Args:
        images_path: path of a file of one tensor.
        labels_path: as `images_path`.

    Returns:
        Images, float32, and int64 labels, of any shapes.

    Raises:
        ImportError, FileNotFoundError, ValueError: as `read_torch_file`,
            `image_array` and `label_array`.
    """
    images = image_array(read_torch_file(images_path), images_path)
    return images, label_array(read_torch_file(labels_path), labels_path)


def to_pair(content: Any, filepath: PathLike) -> tuple[np.ndarray, np.ndarray]:
    """Returns the content of a file as images and labels.

    Args:
        content: the content, which must be a pair of tensors.
        filepath: path of the file, for the message.

    Returns:
        Images, float32, and int64 labels, of any shapes.

    Raises:
        ValueError: if `content` is no such pair.
    """
    if not isinstance(content, (list, tuple)) or len(content) != 2:
        raise ValueError(
            f"{str(filepath)!r} must hold a pair [images, labels]. Received: "
            f"{describe_content(content)}"
        )
    images = image_array(content[0], filepath)
    return images, label_array(content[1], filepath)


def describe_content(content: Any) -> str:
    """Describes the content of a file, for a message."""
    if isinstance(content, dict):
        return f"a dict of {[str(key)[:40] for key in list(content)[:5]]}"
    if isinstance(content, (list, tuple)):
        return f"a {type(content).__name__} of {len(content)}"
    return type(content).__name__


def image_array(tensor: Any, filepath: PathLike) -> np.ndarray:
    """Returns a floating-point tensor as a float32 array.

    Args:
        tensor: content of the file, which must be a tensor of images.
        filepath: path of the file, for the message.

    Raises:
        ValueError: if it is no dense floating-point tensor.
    """
    _check_dense(tensor, "images", filepath)
    if not tensor.is_floating_point():
        raise ValueError(
            f"Images of {str(filepath)!r} must be floating point. Received: "
            f"dtype={tensor.dtype}"
        )
    return tensor.float().numpy(force=True)


def label_array(tensor: Any, filepath: PathLike) -> np.ndarray:
    """Returns an integer tensor as an int64 array.

    Args:
        tensor: content of the file, which must be a tensor of labels.
        filepath: path of the file, for the message.

    Raises:
        ValueError: if it is no dense integer tensor.
    """
    _check_dense(tensor, "labels", filepath)
    torch = _import_torch()
    if tensor.is_floating_point() or tensor.dtype == torch.bool:
        raise ValueError(
            f"Labels of {str(filepath)!r} must be integers, one per image. "
            f"Received: dtype={tensor.dtype}, shape={tuple(tensor.shape)}. "
            "Convert them with `labels.long()`, or soft labels with "
            "`labels.argmax(-1)`, and save them again."
        )
    return tensor.long().numpy(force=True)


def _check_dense(tensor, name, filepath):
    """Refuses anything but a tensor with all of its elements in the file."""
    torch = _import_torch()
    if not isinstance(tensor, torch.Tensor):
        raise ValueError(
            f"{name.capitalize()} of {str(filepath)!r} must be a tensor. "
            f"Received: {type(tensor).__name__}"
        )
    dense = (
        tensor.layout == torch.strided
        and tensor.device.type == "cpu"
        and not (tensor.is_nested or tensor.is_quantized or tensor.is_complex())
    )
    # With a stride of 0, one number would become terabytes.
    if not dense or (
        tensor.numel() * tensor.element_size()
        > tensor.untyped_storage().nbytes()
    ):
        raise ValueError(
            f"{name.capitalize()} of {str(filepath)!r} must be a dense tensor "
            f"of real numbers. Received: layout={tensor.layout}, "
            f"dtype={tensor.dtype}, shape={tuple(tensor.shape)}, which the "
            "file does not hold"
        )


def _unpacked_size(filepath):
    """Returns the size of a file, or the unpacked size a zip file declares."""
    size = filepath.stat().st_size
    try:
        with zipfile.ZipFile(filepath) as archive:
            return max(size, sum(i.file_size for i in archive.infolist()))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return size  # PyTorch before 1.6, or no file of PyTorch.


def _import_torch():
    return require("torch", "torch", "Reading and writing files of PyTorch")
