"""safetensors files that are whole or not there."""

import json

import numpy as np
from safetensors.numpy import save_file

from keras_tgdd.annotations import PathLike
from keras_tgdd.storage.replacing import replacing
from keras_tgdd.storage.tensor_file import CHECKSUMS
from keras_tgdd.storage.tensor_file import metadata_checksum
from keras_tgdd.storage.tensor_file import tensor_checksum


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
    with replacing(filepath) as temporary:
        save_file(contiguous, temporary, metadata=metadata)
