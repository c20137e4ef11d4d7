"""Arrays as the data sets of TensorFlow and PyTorch.

These need their framework, whatever Keras runs on, and import it when called.
"""

from typing import Any

import numpy as np

from keras_tgdd.arguments import check_positive_int


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
    try:
        import tensorflow as tf
    except ImportError as error:
        raise _missing("tensorflow", "to_tf") from error
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
    try:
        import torch
    except ImportError as error:
        raise _missing("torch", "to_torch") from error
    first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    return torch.utils.data.TensorDataset(
        torch.from_numpy(first), torch.from_numpy(y)
    )


def _missing(package, method):
    return ImportError(
        f"`{method}` needs {package}, which is not installed; `to_numpy` "
        f"does without. Install it with `pip install keras-tgdd[{package}]`."
    )
