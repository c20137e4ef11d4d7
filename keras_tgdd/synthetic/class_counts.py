"""How many images each class gets."""

from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.arguments import check_positive_int


def class_counts(
    images_per_class: ImagesPerClass,
    num_classes: int,
    class_names: Sequence[str] | None = None,
) -> tuple[int, ...]:
    """Returns the number of images of every class.

    Args:
        images_per_class: positive int; or one for each class, as a sequence,
            or as a mapping from every label, or every class name, to it.
        num_classes: int.
        class_names: optional sequence of strings, for a mapping from names.

    Returns:
        Tuple of ints.

    Raises:
        ValueError: if a class has no positive integer, or there are others
            than the classes.
    """
    if isinstance(images_per_class, Mapping):
        labels = list(range(num_classes))
        names = None if class_names is None else [str(n) for n in class_names]
        keys = set(images_per_class)
        if keys == set(labels):
            images_per_class = [images_per_class[label] for label in labels]
        elif names is not None and keys == set(names):
            images_per_class = [images_per_class[name] for name in names]
        else:
            known = f"the labels 0 to {num_classes - 1}"
            known += f", or the names {names}" if names else ""
            raise ValueError(
                "`images_per_class` as a mapping must have every class, as "
                f"{known}, and no other. Received: {sorted(keys, key=str)}"
            )
    if isinstance(images_per_class, (list, tuple, np.ndarray)):
        counts = list(images_per_class)
        if len(counts) != num_classes:
            raise ValueError(
                "`images_per_class` as a sequence must have one number for "
                f"each of {num_classes} classes. Received: {len(counts)}"
            )
    else:
        counts = [images_per_class] * num_classes
    for count in counts:
        check_positive_int("images_per_class", count)
    return tuple(int(count) for count in counts)


def rate_shares(counts: np.ndarray) -> np.ndarray:
    """Returns the learning rate of each class, relative to the largest.

    The gradient of a class mean is shared by the images of the class; and
    since no loss depends on the pixels of two classes, a factor of a class's
    loss is a learning rate.

    Args:
        counts: int array of shape `(n_classes,)`, synthetic images of each.

    Returns:
        float32 array of shape `(n_classes,)`, in (0, 1].
    """
    return np.float32(counts / counts.max())
