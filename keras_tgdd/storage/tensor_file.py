"""Reading and writing safetensors files; what is read may be damaged."""

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

# Checksums of a file's tensors, and under "" of its metadata.
CHECKSUMS = "crc32"


class TensorFile:
    """An open safetensors file; tensors are read when asked for.

    Whatever is wrong with a file is a `ValueError` that names it. The header
    is looked at before a tensor is read: its type and its shape, and that its
    bytes lie within the file. Checksums, in files of this package, tell
    flipped bits.

    Args:
        filepath: path of the file.
        kind: string, the `format` its metadata must name.

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
        """Names of the tensors."""
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
            dtype: optional name of the NumPy type that it must have.
            shape: optional tuple that its shape must match; `None` in it
                stands for any length but 0.

        Returns:
            A NumPy array.

        Raises:
            ValueError: if there is no such tensor, it has another type or
                shape, or its bytes do not match their checksum.
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
        # Once: a distillation reads the same snapshots step after step.
        if not self._checksums or name in self._verified:
            return
        if self._checksums.get(name) != tensor_checksum(tensor):
            raise self._damaged(f"tensor {name!r} does not match its checksum")
        self._verified.add(name)

    def get_json(self, key: str, kind: type) -> Any:
        """Reads an entry of the metadata that is JSON.

        Args:
            key: string.
            kind: type that the value must have, such as `dict`.

        Raises:
            ValueError: if there is no such entry, or it is something else.
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
        """Reads a JSON object that must have certain entries."""
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
    """CRC-32 of the bytes of a contiguous array."""
    return zlib.crc32(np.ascontiguousarray(tensor).reshape(-1).view(np.uint8))


def metadata_checksum(metadata: dict[str, str]) -> int:
    """CRC-32 of all entries but the checksums."""
    entries = sorted((k, v) for k, v in metadata.items() if k != CHECKSUMS)
    return zlib.crc32(json.dumps(entries).encode())


def write_tensors(
    filepath: PathLike, tensors: dict[str, np.ndarray], metadata: dict[str, str]
) -> None:
    """Writes a safetensors file under a temporary name, then renames it.

    The checksum of each tensor, and that of the metadata, stand in the entry
    `crc32` of the metadata.

    Args:
        filepath: path of the file; its directory must exist.
        tensors: dict from name to NumPy array.
        metadata: dict from string to string.
    """
    # safetensors writes the memory of a view as it lies.
    contiguous = {
        name: np.asarray(tensor, order="C") for name, tensor in tensors.items()
    }
    checksums = {name: tensor_checksum(t) for name, t in contiguous.items()}
    checksums[""] = metadata_checksum(metadata)
    metadata = {**metadata, CHECKSUMS: json.dumps(checksums)}
    with atomic_write(filepath) as temporary:
        save_file(contiguous, temporary, metadata=metadata)
