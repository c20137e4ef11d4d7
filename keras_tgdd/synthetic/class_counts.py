"""The number of synthetic images per class, and what follows from it."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.arguments import check_positive_int


def class_counts(
    images_per_class: ImagesPerClass,
    num_classes: int,
    class_names: Sequence[str] | np.ndarray | None = None,
) -> tuple[int, ...]:
    """Returns the number of images per class.

    Args:
        images_per_class: positive int for all classes; or one per class, as
            a sequence, or as a mapping from every label or every class name.
        num_classes: int.
        class_names: sequence or array of names, for a mapping from names.
            `None` allows labels only.

    Returns:
        Tuple of ints.

    Raises:
        ValueError: if the number of a class is missing or no positive
            integer, or there are others than the classes.
    """
    counts: Any = images_per_class
    if isinstance(counts, Mapping):
        counts = _by_label(counts, num_classes, class_names)
    if isinstance(counts, (list, tuple, np.ndarray)):
        if len(counts) != num_classes:
            raise ValueError(
                "`images_per_class` as a sequence must have one number for "
                f"each of {num_classes} classes. Received: {len(counts)}"
            )
    else:
        counts = [counts] * num_classes
    for count in counts:
        check_positive_int("images_per_class", count)
    return tuple(int(count) for count in counts)


def _by_label(numbers, num_classes, class_names):
    """The values of a mapping from labels or names, ordered by label."""
    labels = list(range(num_classes))
    names = None if class_names is None else [str(n) for n in class_names]
    keys = set(numbers)
    if keys == set(labels):
        return [numbers[label] for label in labels]
    if names is not None and keys == set(names):
        return [numbers[name] for name in names]
    known = f"the labels 0 to {num_classes - 1}"
    known += f", or the names {names}" if names else ""
    raise ValueError(
        "`images_per_class` as a mapping must have every class, as "
        f"{known}, and no other. Received: {sorted(keys, key=str)}"
    )


def rate_shares(counts: np.ndarray) -> np.ndarray:
    """Returns the learning rate per class, relative to the largest class.

    The gradient of a class mean is divided by the number of images in the
    class. Each loss depends on one class only, so scaling it scales that
    class's learning rate.

    Args:
        counts: int array of shape `(n_classes,)`, synthetic images per class.

    Returns:
        float32 array of shape `(n_classes,)`, in (0, 1].
    """
    return (counts / counts.max()).astype("float32")


def default_rate(image_shape: tuple[int, ...], most_images: int) -> float:
    """Returns the learning rate of pixels that TGDD publishes.

    Args:
        image_shape: triple of ints.
        most_images: int, synthetic images of the largest class.

    Returns:
        `0.01 * most_images`; ten times that from images of 128 pixels.
    """
    return (0.1 if image_shape[0] >= 128 else 0.01) * most_images
