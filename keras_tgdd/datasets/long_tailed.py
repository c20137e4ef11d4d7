"""A balanced data set with most of its classes made rare."""

import dataclasses
from typing import Any

import numpy as np

from keras_tgdd.arguments import check_seed
from keras_tgdd.datasets.image_dataset import ImageDataset


def long_tailed(
    data: ImageDataset, imbalance: float = 100, seed: int = 0
) -> ImageDataset:
    """Thins out training images so that classes follow a long tail.

    Of class c of C, in the order of labels, `round(n_max * imbalance **
    (-c / (C - 1)))` images are kept, with `n_max` those of the largest class:
    the exponential profile of CIFAR-10-LT. At least one is kept, and never
    more than there are, so a class that is rare already may stay as it is.

    What is kept at a high imbalance is part of what is kept at a lower one.

    Args:
        data: `ImageDataset`.
        imbalance: number of at least 1, how many times more images the first
            class keeps than the last. 10 to 200 in the literature; `1`
            returns the data as they are. Defaults to `100`.
        seed: int of at least 0, seed of the draw. Defaults to `0`.

    Returns:
        `ImageDataset`, training images in their original order. Test images
        stay as they are, balanced if they were. So do name, mean and standard
        deviation: those of the whole data, as `data` has them.

    Raises:
        TypeError, ValueError: if `data` is no `ImageDataset`, `imbalance` no
            finite number of at least 1, or `seed` no integer of at least 0.

    Example:

    ```python
    data = keras_tgdd.datasets.load("digits")
    tailed = keras_tgdd.datasets.long_tailed(data, imbalance=50)
    ```

    References:
        - [Cui et al., 2019](https://arxiv.org/abs/1901.05555)
        - [Cao et al., 2019](https://arxiv.org/abs/1906.07413)
    """
    if not isinstance(data, ImageDataset):
        raise TypeError(
            "`data` must be an ImageDataset, as `keras_tgdd.datasets.load` "
            f"returns. Received: {type(data).__name__}"
        )
    _check_imbalance(imbalance)
    check_seed(seed)
    if imbalance == 1:
        return data
    counts = np.bincount(data.y_train, minlength=data.num_classes)
    kept = []
    for label, count in enumerate(_profile(counts, float(imbalance))):
        # Each class has its own draw: others may come and go.
        generator = np.random.default_rng([seed, label])
        members = np.flatnonzero(data.y_train == label)
        kept.append(generator.permutation(members)[:count])
    kept = np.sort(np.concatenate(kept))
    return dataclasses.replace(
        data, x_train=data.x_train[kept], y_train=data.y_train[kept]
    )


def _profile(counts, imbalance):
    """Images that are kept of each class."""
    last = max(1, len(counts) - 1)  # of a lone class all are
    return [
        min(int(count), max(1, round(counts.max() * imbalance ** (-c / last))))
        for c, count in enumerate(counts)
    ]


def _check_imbalance(value: Any) -> None:
    is_number = isinstance(value, (int, float, np.number))
    if isinstance(value, bool) or not is_number or not 1 <= value < np.inf:
        raise ValueError(
            "`imbalance` must be a finite number of at least 1, how many times "
            "more images the first class keeps than the last. Received: "
            f"imbalance={value!r}"
        )
