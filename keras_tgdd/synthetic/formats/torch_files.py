"""Files of PyTorch that hold tensors and nothing else.

These need torch, whatever Keras runs on, and import it when called. Nothing
is unpickled: torch itself refuses what is not a tensor, a list or a dict.
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
from keras_tgdd.storage.atomic_write import atomic_write

# A file of this size is no distilled set; what it unpacks to counts.
_MOST_BYTES = 16 * 2**30


def write_torch_files(
    directory: PathLike, arrays: Mapping[str, np.ndarray]
) -> None:
    """Writes a file of one tensor for each array.

    All are written under temporary names before the first is renamed.

    Args:
        directory: path, created where missing.
        arrays: dict from the name of a file to an array.

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
        A tensor, or lists and dicts of them and of plain numbers and strings.

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
    except Exception as error:  # a hostile file raises whatever it likes
        found = re.search(r"GLOBAL (\S+)", str(error))
        what = f"holds {found[1]}" if found else type(error).__name__
        raise ValueError(
            f"{str(filepath)!r} must be a file of PyTorch with nothing but "
            f"tensors, lists and dicts. Received: {what}. If you trust it, "
            "load it with torch and save its images and labels alone."
        ) from error


def image_array(tensor: Any, filepath: PathLike) -> np.ndarray:
    """Returns a floating-point tensor as a float32 array.

    Args:
        tensor: what stands in the file where images should.
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
        tensor: what stands in the file where labels should.
        filepath: path of the file, for the message.

    Raises:
        ValueError: if it is no dense integer tensor.
    """
    _check_dense(tensor, "labels", filepath)
    torch = _import_torch()
    if tensor.is_floating_point() or tensor.dtype == torch.bool:
        raise ValueError(
            f"Labels of {str(filepath)!r} must be integers, one an image. "
            f"Received: dtype={tensor.dtype}, shape={tuple(tensor.shape)}. "
            "Make them so with `labels.long()`, or soft labels with "
            "`labels.argmax(-1)`, and save them anew."
        )
    return tensor.long().numpy(force=True)


def _check_dense(tensor, name, filepath):
    """Refuses what is no tensor, or one that claims more than it stores."""
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
    # A stride of 0 makes terabytes of one number.
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
    """Bytes of a file, or of what a zip file says it unpacks to."""
    size = filepath.stat().st_size
    try:
        with zipfile.ZipFile(filepath) as archive:
            return max(size, sum(i.file_size for i in archive.infolist()))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return size  # PyTorch before 1.6, or no file of PyTorch


def _import_torch():
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            "Files of PyTorch need torch, which is not installed. Install it "
            "with `pip install keras-tgdd[torch]`."
        ) from error
    return torch
