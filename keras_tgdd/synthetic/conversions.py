"""Data sets of TensorFlow and PyTorch from arrays.

Each function imports its framework when called, whatever Keras runs on.
"""

from typing import Any

import numpy as np

from keras_tgdd.arguments import check_positive_int
from keras_tgdd.runtime.optional import require


def to_tf_dataset(
    x: np.ndarray, y: np.ndarray, batch_size: int | None = None
) -> Any:
    """Returns a `tf.data.Dataset` of images and labels.

    Args:
        x: float32 array of shape `(n, height, width, channels)`.
        y: int64 array of shape `(n,)`.
        batch_size: optional int.

    Raises:
        ImportError: if tensorflow is not installed.
    """
    if batch_size is not None:
        check_positive_int("batch_size", batch_size)
    tf = require("tensorflow", "tensorflow", "`to_tf`, unlike `to_numpy`,")
    dataset = tf.data.Dataset.from_tensor_slices((x, y))
    return dataset if batch_size is None else dataset.batch(batch_size)


def to_torch_dataset(x: np.ndarray, y: np.ndarray) -> Any:
    """Returns a `torch.utils.data.TensorDataset`, channels first.

    Args:
        x: float32 array of shape `(n, height, width, channels)`.
        y: int64 array of shape `(n,)`.

    Raises:
        ImportError: if torch is not installed.
    """
    torch = require("torch", "torch", "`to_torch`, unlike `to_numpy`,")
    first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    return torch.utils.data.TensorDataset(
        torch.from_numpy(first), torch.from_numpy(y)
    )
