"""Batches of labelled images, whatever container they come in."""

from collections.abc import Iterator
from typing import Any

import numpy as np

# Lengths that mark an axis as the axis of channels.
_CHANNELS = (1, 3, 4)


def collect(source: Any) -> tuple[np.ndarray, np.ndarray]:
    """Reads all batches of a source into memory.

    Args:
        source: as for `batches_of`.

    Returns:
        Arrays of images and labels.

    Raises:
        TypeError: if `source` is of another kind, or yields no pairs.
        ValueError: if it yields no batch.
    """
    images, labels = [], []
    for image_batch, label_batch in batches_of(source):
        images.append(image_batch)
        labels.append(label_batch)
    if not images:
        raise ValueError("`data` must yield at least one batch. Received: none")
    return np.concatenate(images), np.concatenate(labels)


def batches_of(source: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Iterates once over batches of images and labels.

    Args:
        source: `keras.utils.PyDataset`, `tf.data.Dataset` or
            `torch.utils.data.DataLoader` of `(images, labels)` batches, or a
            function without arguments that returns an iterator of them.
            Images of a `DataLoader` are channels first, as PyTorch has them,
            unless only their last axis can be the axis of channels.

    Yields:
        Pairs of NumPy arrays, images with channels last.

    Raises:
        TypeError: if `source` is none of these, or a batch is no pair.
        ValueError: if the images of a batch do not have four axes.
    """
    for batch in _iterate(source):
        if not isinstance(batch, (tuple, list)) or len(batch) < 2:
            raise TypeError(
                "`data` must yield batches of (images, labels); a data set of "
                "tensorflow-datasets does with `as_supervised=True`. "
                f"Received: {type(batch).__name__}"
            )
        images, labels = (_to_numpy(part) for part in batch[:2])
        if hasattr(batch[0], "detach"):
            images = _channels_last(images)
        if images.ndim != 4:
            raise ValueError(
                "`data` must yield batches of images, (n, height, width, "
                "channels). Received: images of shape "
                f"{images.shape}; single images become batches by "
                "`.batch(256)`, or `batch_size=256` of a DataLoader"
            )
        yield images, labels


def is_source(source: Any) -> bool:
    """Returns whether `batches_of` can read `source`."""
    return _kind(source) is not None


def _kind(source):
    if hasattr(source, "num_batches") and hasattr(source, "__getitem__"):
        return "py_dataset"
    if hasattr(source, "as_numpy_iterator"):
        return "tf_dataset"
    if hasattr(source, "batch_sampler") and hasattr(source, "dataset"):
        return "data_loader"
    return "function" if callable(source) else None


def _iterate(source):
    kind = _kind(source)
    if kind == "py_dataset":
        return (source[index] for index in range(len(source)))
    if kind == "tf_dataset":
        return source.as_numpy_iterator()
    if kind == "data_loader":
        return iter(source)
    if kind == "function":
        return iter(source())
    raise TypeError(
        "A source of batches must be a `keras.utils.PyDataset`, a "
        "`tf.data.Dataset`, a `torch.utils.data.DataLoader` or a function that "
        f"returns an iterator of batches. Received: {type(source).__name__}"
    )


def _to_numpy(values):
    if hasattr(values, "detach"):  # a torch tensor, on any device
        values = values.detach().cpu()
    return np.asarray(values)


def _channels_last(images):
    """Moves the channels from PyTorch's second axis to the last."""
    if images.ndim != 4:
        return images
    last_alone = (
        images.shape[-1] in _CHANNELS and images.shape[1] not in _CHANNELS
    )
    return images if last_alone else np.moveaxis(images, 1, -1)
