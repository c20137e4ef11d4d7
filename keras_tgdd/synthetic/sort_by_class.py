"""Sorting images by class."""

import numpy as np

from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels


def sort_by_class(
    images: np.ndarray, labels: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sorts images and labels as a `DistilledDataset` stores them.

    Args:
        images: float array of shape
            `(n_classes, images_per_class, height, width, channels)`, pixels
            in [0, 1]; or, with `labels`, `(n, height, width, channels)`.
        labels: int array of shape `(n,)`, or `None`.

    Returns:
        Three arrays: images and labels sorted by class, with a first axis of
        classes where all have equally many; and for each sorted image its
        position in `images`.

    Raises:
        TypeError: if `images` or `labels` is no such array.
        ValueError: if shapes or values do not fit.
    """
    if labels is None:
        if not isinstance(images, np.ndarray) or images.ndim != 5:
            raise ValueError(
                "`images` must be an array of shape (n_classes, "
                "images_per_class, height, width, channels), or (n, height, "
                "width, channels) with `labels=`. Received: "
                f"shape={getattr(images, 'shape', None)}"
            )
        check_images(images.reshape((-1, *images.shape[2:])), name="images")
        num_classes, per_class = images.shape[:2]
        labels = np.repeat(np.arange(num_classes), per_class)
        order = np.arange(len(labels))
        return images, labels.reshape((num_classes, per_class)), order
    check_images(images, name="images")
    num_classes = check_labels(labels, len(images), name="labels")
    order = np.argsort(labels, kind="stable")
    images, labels = images[order], labels[order].astype("int64")
    counts = np.bincount(labels)
    if counts.min() < counts.max():
        return images, labels, order
    images = images.reshape((num_classes, -1, *images.shape[1:]))
    return images, labels.reshape((num_classes, -1)), order
