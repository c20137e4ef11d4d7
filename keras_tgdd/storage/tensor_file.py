"""Reads and writes safetensors files, and refuses damaged ones."""

import json
import pathlib
import zlib
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors import safe_open
from safetensors.numpy import save_file

from keras_tgdd.arguments import PathLike
from keras_tgdd.storage.atomic_write import atomic_write

# Metadata key of the checksums: of each tensor by name, of the metadata by "".
CHECKSUMS = "crc32"


class TensorFile:
    """An open safetensors file. Tensors are read on request.

    Every defect of a file is a `ValueError` that names the file. Dtype, shape
    and position of a tensor are checked in the header before its bytes are
    read. Files of this package have checksums, which detect flipped bits.

    Args:
        filepath: path of the file.
        kind: string, the `format` that the metadata must name.

    Attributes:
        metadata: dict from string to string.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is damaged, or of another kind.
    """

    def __init__(self, filepath: PathLike, kind: str) -> None:
        self.filepath = pathlib.Path(filepath)
        if not self.filepath.is_file():
            raise FileNotFoundError(f"No file at {str(filepath)!r}.")
        try:
            self._tensors = safe_open(self.filepath, framework="numpy")
            self.metadata = self._tensors.metadata() or {}
        except (SafetensorError, OSError) as error:
            raise ValueError(
                f"{str(filepath)!r} is truncated or not a safetensors file "
                f"({error}). Delete it and make it again."
            ) from error
        if self.metadata.get("format") != kind:
            raise ValueError(
                f"{str(filepath)!r} must be a {kind!r} file. Received: format="
                f"{self.metadata.get('format')!r}"
            )
        self._names = frozenset(self._tensors.keys())
        self._checksums, self._verified = {}, set()
        if CHECKSUMS in self.metadata:
            self._checksums = self.get_json(CHECKSUMS, dict)
            if self._checksums.get("") != metadata_checksum(self.metadata):
                raise self._damaged("its metadata do not match their checksum")

    def keys(self) -> list[str]:
        """Returns the names of the tensors."""
        return list(self._tensors.keys())

    def get_tensor(
        self,
        name: str,
        dtype: str | None = None,
        shape: tuple[int | None, ...] | None = None,
    ) -> np.ndarray:
        """Reads a tensor.

        Args:
            name: string.
            dtype: string, the NumPy dtype that the tensor must have. `None`
                allows any.
            shape: tuple, the shape that the tensor must have. An axis of
                `None` allows any length above 0. `None` allows any shape.

        Returns:
            A NumPy array.

        Raises:
            ValueError: if the file lacks the tensor, dtype or shape differ,
                or the bytes do not match their checksum.
        """
        if name not in self._names:
            raise self._damaged(f"it has no tensor {name!r}")
        if shape is not None:
            stored = tuple(self._tensors.get_slice(name).get_shape())
            fits = len(stored) == len(shape) and all(
                (have > 0) if want is None else have == want
                for have, want in zip(stored, shape, strict=True)
            )
            if not fits:
                raise self._damaged(
                    f"tensor {name!r} must have shape {shape} (None: any), "
                    f"and has {stored}"
                )
        try:
            tensor = self._tensors.get_tensor(name)
        except (SafetensorError, TypeError, KeyError, ValueError) as error:
            raise self._damaged(f"tensor {name!r}: {error}") from error
        if dtype is not None and tensor.dtype != dtype:
            raise self._damaged(
                f"tensor {name!r} must be {dtype}, and is {tensor.dtype}"
            )
        self._verify(name, tensor)
        return tensor

    def _verify(self, name, tensor):
        # Once per tensor: a distillation reads the same snapshots every step.
        if not self._checksums or name in self._verified:
            return
        if self._checksums.get(name) != tensor_checksum(tensor):
            raise self._damaged(f"tensor {name!r} does not match its checksum")
        self._verified.add(name)

    def get_json(self, key: str, kind: type) -> Any:
        """Reads a JSON entry of the metadata.

        Args:
            key: string.
            kind: type that the value must have, such as `dict`.

        Returns:
            The decoded value.

        Raises:
            ValueError: if the entry is missing, is not JSON or has another
                type.
        """
        try:
            value = json.loads(self.metadata[key])
        except (KeyError, ValueError, RecursionError) as error:
            raise self._damaged(
                f"entry {key!r} of its metadata: {type(error).__name__}: "
                f"{error}"
            ) from error
        if not isinstance(value, kind):
            raise self._damaged(
                f"entry {key!r} of its metadata must be a {kind.__name__}, "
                f"and is a {type(value).__name__}"
            )
        return value

    def get_entries(self, key: str, names: tuple[str, ...]) -> dict:
        """Reads a JSON object of the metadata.

        Args:
            key: string.
            names: tuple of strings, entries that the object must have.

        Returns:
            Dict.

        Raises:
            ValueError: if the object or one of these entries is missing.
        """
        value = self.get_json(key, dict)
        missing = [name for name in names if name not in value]
        if missing:
            raise self._damaged(f"{key!r} of its metadata lacks {missing}")
        return value

    def _damaged(self, what):
        return ValueError(
            f"{str(self.filepath)!r} is damaged, or was not written by "
            f"keras_tgdd: {what}. Delete it and make it again."
        )


def tensor_checksum(tensor: np.ndarray) -> int:
    """Returns the CRC-32 of an array's bytes, in row-major order."""
    contiguous = np.ascontiguousarray(tensor)
    return zlib.crc32(contiguous.reshape(-1).view(np.uint8).data)


def metadata_checksum(metadata: dict[str, str]) -> int:
    """Returns the CRC-32 of all entries except the checksums."""
    entries = sorted((k, v) for k, v in metadata.items() if k != CHECKSUMS)
    return zlib.crc32(json.dumps(entries).encode())


def write_tensors(
    filepath: PathLike, tensors: dict[str, np.ndarray], metadata: dict[str, str]
) -> None:
    """Writes a safetensors file atomically, with checksums.

    The metadata entry `crc32` holds the checksums of the tensors and of the
    other metadata.

    Args:
        filepath: path of the file. Its directory must exist.
        tensors: dict from name to NumPy array.
        metadata: dict from string to string.

    Raises:
        FileNotFoundError: if the directory does not exist.
    """
    if not pathlib.Path(filepath).parent.is_dir():
        raise FileNotFoundError(
            "`filepath` must lie in a directory that exists. Received: "
            f"filepath={str(filepath)!r}"
        )
    # safetensors writes the memory of a view in its own order.
    contiguous = {
        name: np.asarray(tensor, order="C") for name, tensor in tensors.items()
    }
    checksums = {name: tensor_checksum(t) for name, t in contiguous.items()}
    checksums[""] = metadata_checksum(metadata)
    metadata = {**metadata, CHECKSUMS: json.dumps(checksums)}
    with atomic_write(filepath) as temporary:
        save_file(contiguous, temporary, metadata=metadata)
