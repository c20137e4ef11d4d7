"""Long-tailed data sets: balanced ones with most classes made rare."""

import dataclasses
from typing import Any

import numpy as np

from keras_tgdd.arguments import check_seed
from keras_tgdd.datasets.image_dataset import ImageDataset


def long_tailed(
    data: ImageDataset, imbalance: float = 100, *, seed: int = 0
) -> ImageDataset:
    """Removes training images so that class sizes follow a long tail.

    Class c of C, in the order of labels, keeps `round(n_max * imbalance **
    (-c / (C - 1)))` images, where `n_max` is the size of the largest class:
    the exponential profile of CIFAR-10-LT. Every class keeps at least one
    image; a class that is smaller already keeps all of its images.

    The images kept at a high imbalance are a subset of those kept at a lower
    one.

    Args:
        data: `ImageDataset`.
        imbalance: number of at least 1, the ratio of the images of the first
            class to those of the last. 10 to 200 in the literature; `1`
            returns `data` itself. Defaults to `100`.
        seed: int of at least 0, seed of the draw. Defaults to `0`.

    Returns:
        `ImageDataset` with the remaining training images in their original
        order. Test images, name and normalization stay those of `data`.

    Raises:
        TypeError: if `data` is no `ImageDataset`.
        ValueError: if `imbalance` is no finite number of at least 1, or
            `seed` no integer of at least 0.

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
        # Each class has its own generator, independent of the other classes.
        generator = np.random.default_rng([seed, label])
        members = np.flatnonzero(data.y_train == label)
        kept.append(generator.permutation(members)[:count])
    kept = np.sort(np.concatenate(kept))
    return dataclasses.replace(
        data, x_train=data.x_train[kept], y_train=data.y_train[kept]
    )


def _profile(counts, imbalance):
    """Images to keep per class."""
    last = max(1, len(counts) - 1)  # A single class keeps all.
    return [
        min(int(count), max(1, round(counts.max() * imbalance ** (-c / last))))
        for c, count in enumerate(counts)
    ]


def _check_imbalance(value: Any) -> None:
    is_number = isinstance(value, (int, float, np.number))
    if isinstance(value, bool) or not is_number or not 1 <= value < np.inf:
        raise ValueError(
            "`imbalance` must be a finite number of at least 1, the ratio of "
            "the images of the first class to those of the last. Received: "
            f"imbalance={value!r}"
        )
