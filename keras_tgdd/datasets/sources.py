"""Labelled images in whatever container they come."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_tgdd.datasets.image_dataset import ImageDataset

# Numbers of channels by which an axis is told to be that of channels.
_CHANNELS = (1, 3, 4)


def collect(
    x: Any, y: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Gathers images and labels as arrays, whatever they come in.

    Args:
        x: array of images; or an `ImageDataset`, of which the training part
            is taken; or batches as `batches_of` takes them, which are read
            once and kept in memory.
        y: array of labels; `None` where `x` yields them.

    Returns:
        Arrays of images and labels.

    Raises:
        TypeError: if `x` is none of these, or yields something else than
            pairs.
        ValueError: if it yields no batch, or there are two sets of labels.
    """
    if isinstance(x, np.ndarray):
        return x, y
    if isinstance(x, ImageDataset) or is_source(x):
        refuse_labels(x, y)
    if isinstance(x, ImageDataset):
        return x.x_train, x.y_train
    images, labels = [], []
    for image_batch, label_batch in batches_of(x):
        images.append(image_batch)
        labels.append(label_batch)
    if not images:
        raise ValueError("`x` must yield at least one batch. Received: none")
    return np.concatenate(images), np.concatenate(labels)


def refuse_labels(x: Any, y: Any) -> None:
    """Raises `ValueError` if there are labels beside those that `x` brings."""
    if y is not None:
        raise ValueError(
            "`y` must be None when `x` brings its labels. Received: x of type "
            f"{type(x).__name__}, y of type {type(y).__name__}"
        )


def batches_of(source: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Goes once through batches of images and labels.

    Args:
        source: `keras.utils.PyDataset`, `tf.data.Dataset` or
            `torch.utils.data.DataLoader` of `(images, labels)` batches, or a
            function without arguments that returns an iterator of them. The
            images of a `DataLoader` are taken as PyTorch has them, channels
            first, unless the last axis alone can be that of channels.

    Yields:
        Pairs of NumPy arrays, images with channels last.

    Raises:
        TypeError: if it is none of these, or yields something else.
    """
    for batch in _iterate(source):
        if not isinstance(batch, (tuple, list)) or len(batch) < 2:
            raise TypeError(
                "`x` must yield batches of (images, labels); a set of "
                "tensorflow-datasets does with `as_supervised=True`. "
                f"Received: {type(batch).__name__}"
            )
        images, labels = (_to_numpy(part) for part in batch[:2])
        if hasattr(batch[0], "detach"):
            images = _channels_last(images)
        if images.ndim != 4:
            raise ValueError(
                "`x` must yield batches of images, (n, height, width, "
                "channels). Received: images of shape "
                f"{images.shape}; single images become batches by "
                "`.batch(256)`, or `batch_size=256` of a DataLoader"
            )
        yield images, labels


def is_source(x: Any) -> bool:
    """Whether `batches_of` takes it."""
    return _kind(x) is not None


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
        "`x` must be a NumPy array, an `ImageDataset`, a "
        "`keras.utils.PyDataset`, a `tf.data.Dataset` or a "
        "`torch.utils.data.DataLoader`. Received: "
        f"{type(source).__name__}"
    )


def _to_numpy(values):
    if hasattr(values, "detach"):  # a torch tensor, on whatever device
        values = values.detach().cpu()
    return np.asarray(values)


def _channels_last(images):
    """From PyTorch's order of axes to that of this package."""
    if images.ndim != 4:
        return images
    last_alone = (
        images.shape[-1] in _CHANNELS and images.shape[1] not in _CHANNELS
    )
    return images if last_alone else np.moveaxis(images, 1, -1)
