"""safetensors files that are whole or not there."""

import pathlib
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors import safe_open
from safetensors.numpy import save_file

from keras_tgdd.annotations import PathLike
from keras_tgdd.storage.replacing import replacing


def write_tensors(
    filepath: PathLike, tensors: dict[str, np.ndarray], metadata: dict[str, str]
) -> None:
    """Writes a safetensors file under a temporary name, then renames it.

    Args:
        filepath: path of the file; its directory must exist.
        tensors: dict from name to NumPy array.
        metadata: dict from string to string.
    """
    # safetensors writes the memory of a view as it lies.
    contiguous = {
        name: np.asarray(tensor, order="C") for name, tensor in tensors.items()
    }
    with replacing(filepath) as temporary:
        save_file(contiguous, temporary, metadata=metadata)


def open_tensors(filepath: PathLike, kind: str) -> tuple[Any, dict[str, str]]:
    """Opens a safetensors file that this package wrote.

    Tensors are read from the memory-mapped file when asked for.

    Args:
        filepath: path of the file.
        kind: string, the `format` its metadata must name.

    Returns:
        The open file and its metadata.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is damaged, or of another kind.
    """
    filepath = pathlib.Path(filepath)
    if not filepath.is_file():
        raise FileNotFoundError(f"No file at {str(filepath)!r}.")
    try:
        tensors = safe_open(filepath, framework="numpy")
        metadata = tensors.metadata() or {}
    except SafetensorError as error:
        raise ValueError(
            f"{str(filepath)!r} is truncated or not a safetensors file "
            f"({error}). Delete it and make it again."
        ) from error
    if metadata.get("format") != kind:
        raise ValueError(
            f"{str(filepath)!r} must be a {kind!r} file. Received: format="
            f"{metadata.get('format')!r}"
        )
    return tensors, metadata
