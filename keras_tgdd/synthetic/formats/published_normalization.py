"""Means and standard deviations that published benchmarks divide by.

A benchmark normalizes real test images by constants of its own, so what it
trains on must be normalized by the same, whatever the data set's true
statistics are: of CIFAR-10 the standard deviation is 0.247, 0.243, 0.262.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from keras_tgdd.arguments import check_statistics

Constants = tuple[tuple[float, ...], tuple[float, ...]]

_CIFAR10 = ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
_CIFAR100 = ((0.5071, 0.4866, 0.4409), (0.2673, 0.2564, 0.2762))
_SVHN = ((0.4377, 0.4438, 0.4728), (0.1980, 0.2010, 0.1970))
_MNIST = ((0.1307,), (0.3081,))
_FASHION_MNIST = ((0.2861,), (0.3530,))
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))

# ddranking 0.2.0; CIFAR-100 has the constants of CIFAR-10 there.
# https://github.com/NUS-HPC-AI-Lab/DD-Ranking/blob/4df3a56d66fe641b3fe725cef1412b02f128ec5f/ddranking/utils/data.py  # noqa: E501
DD_RANKING: Mapping[str, Constants] = {
    "cifar10": _CIFAR10,
    "cifar100": _CIFAR10,
    "tiny_imagenet": _IMAGENET,
    "imagenet": _IMAGENET,
}

# The evaluator knows the first three; the others are of the older code whose
# files it reads.
# https://github.com/justincui03/dc_benchmark/blob/071901d430e8ca0b5d7e245da63af62d1164e7d2/evaluator/evaluator_utils.py  # noqa: E501
# https://github.com/VICO-UoE/DatasetCondensation/blob/131a5a56f07b3968cc4b064c195a052a83ee1eb5/utils.py  # noqa: E501
DC_BENCHMARK: Mapping[str, Constants] = {
    "cifar10": _CIFAR10,
    "cifar100": _CIFAR100,
    "tiny_imagenet": _IMAGENET,
    "svhn": _SVHN,
    "mnist": _MNIST,
    "fashion_mnist": _FASHION_MNIST,
}

# https://github.com/snu-mllab/Efficient-Dataset-Condensation/blob/086273cdd49826f6943b1eca4e94e7be80eb9eb6/data.py  # noqa: E501
IDC: Mapping[str, Constants] = {
    "cifar10": _CIFAR10,
    "cifar100": _CIFAR10,
    "svhn": _SVHN,
    "mnist": _MNIST,
    "fashion_mnist": _FASHION_MNIST,
    "imagenet": _IMAGENET,
}


def same_name(first: str, second: str) -> bool:
    """Whether two names differ in case, dashes and underscores only."""
    return _plain(first) == _plain(second)


def choose_constants(
    published: Mapping[str, Constants],
    normalization: str | None,
    mean: ArrayLike | None,
    std: ArrayLike | None,
    channels: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the constants of a name, or those that are given.

    Args:
        published: dict from the name of a data set to `(mean, std)`.
        normalization: one of its names, or `None`.
        mean: floats of shape `(channels,)` in [0, 1] units, or one float for
            all channels; `None` where a name is given.
        std: as `mean`, above 0.
        channels: int, of the images.

    Returns:
        Two float32 arrays of shape `(channels,)`.

    Raises:
        ValueError: unless there is either a known name or both numbers, and
            they fit the images.
    """
    if normalization is None and mean is not None and std is not None:
        return _for_each(mean, std, channels)
    if normalization is None or mean is not None or std is not None:
        raise ValueError(
            "Give the constants that images are normalized by: either "
            f"`normalization=`, one of {sorted(published)}, or both `mean=` "
            f"and `std=`. Received: normalization={normalization!r}, "
            f"mean={mean}, std={std}"
        )
    found = [name for name in published if same_name(name, str(normalization))]
    if not found:
        raise ValueError(
            f"`normalization` must be one of {sorted(published)}, whose "
            "constants are published; pass `mean=` and `std=` for another "
            f"data set. Received: normalization={normalization!r}"
        )
    return _for_each(*published[found[0]], channels)


def _for_each(mean, std, channels):
    """Constants for each channel, from those or from one for all."""
    check_statistics(mean, std, channels)
    return tuple(
        np.broadcast_to(np.float32(value), (channels,)).copy()
        for value in (mean, std)
    )


def _plain(name):
    return name.lower().replace("_", "").replace("-", "")
