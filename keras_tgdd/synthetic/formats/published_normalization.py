"""The normalization constants of published benchmarks.

A benchmark normalizes real test images by constants of its own, so the images
it trains on must be normalized by the same constants. They may differ from the
statistics of the data set: the standard deviation of CIFAR-10 is 0.247, 0.243,
0.262.
"""

from collections.abc import Mapping

from keras_tgdd.datasets.normalization import Normalization

_CIFAR10 = Normalization((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
_CIFAR100 = Normalization((0.5071, 0.4866, 0.4409), (0.2673, 0.2564, 0.2762))
_SVHN = Normalization((0.4377, 0.4438, 0.4728), (0.1980, 0.2010, 0.1970))
_MNIST = Normalization((0.1307,), (0.3081,))
_FASHION_MNIST = Normalization((0.2861,), (0.3530,))
_IMAGENET = Normalization((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))

# ddranking 0.2.0, where CIFAR-100 has the constants of CIFAR-10.
# https://github.com/NUS-HPC-AI-Lab/DD-Ranking/blob/4df3a56d66fe641b3fe725cef1412b02f128ec5f/ddranking/utils/data.py  # noqa: E501
DD_RANKING: Mapping[str, Normalization] = {
    "cifar10": _CIFAR10,
    "cifar100": _CIFAR10,
    "tiny_imagenet": _IMAGENET,
    "imagenet": _IMAGENET,
}

# The evaluator knows the first three; the others are from the older code whose
# files it reads.
# https://github.com/justincui03/dc_benchmark/blob/071901d430e8ca0b5d7e245da63af62d1164e7d2/evaluator/evaluator_utils.py  # noqa: E501
# https://github.com/VICO-UoE/DatasetCondensation/blob/131a5a56f07b3968cc4b064c195a052a83ee1eb5/utils.py  # noqa: E501
DC_BENCHMARK: Mapping[str, Normalization] = {
    "cifar10": _CIFAR10,
    "cifar100": _CIFAR100,
    "tiny_imagenet": _IMAGENET,
    "svhn": _SVHN,
    "mnist": _MNIST,
    "fashion_mnist": _FASHION_MNIST,
}

# https://github.com/snu-mllab/Efficient-Dataset-Condensation/blob/086273cdd49826f6943b1eca4e94e7be80eb9eb6/data.py  # noqa: E501
IDC: Mapping[str, Normalization] = {
    "cifar10": _CIFAR10,
    "cifar100": _CIFAR10,
    "svhn": _SVHN,
    "mnist": _MNIST,
    "fashion_mnist": _FASHION_MNIST,
    "imagenet": _IMAGENET,
}


def same_name(first: str, second: str) -> bool:
    """Returns whether two names are equal but for case, dashes, underscores."""
    return _plain(first) == _plain(second)


def choose_constants(
    published: Mapping[str, Normalization],
    normalization: str | Normalization,
    channels: int,
) -> Normalization:
    """Returns the constants by which images are normalized.

    Args:
        published: dict from the name of a data set to its constants in a
            benchmark.
        normalization: one of these names, or a `Normalization`, which is used
            as it is.
        channels: int, the channels of the images.

    Returns:
        `Normalization` with arrays of shape `(channels,)`.

    Raises:
        TypeError: if `normalization` is neither a name nor a `Normalization`.
        ValueError: if the name is unknown, or the constants are for another
            number of channels.
    """
    if isinstance(normalization, Normalization):
        return normalization.for_channels(channels)
    if not isinstance(normalization, str):
        raise TypeError(
            "`normalization` must be a name, one of "
            f"{sorted(published)}, or a `keras_tgdd.Normalization`. Received: "
            f"normalization={normalization!r}"
        )
    found = [name for name in published if same_name(name, normalization)]
    if not found:
        raise ValueError(
            f"`normalization` must be one of {sorted(published)}, whose "
            "constants are published; pass a `keras_tgdd.Normalization` for "
            f"another data set. Received: normalization={normalization!r}"
        )
    return published[found[0]].for_channels(channels)


def _plain(name):
    return name.lower().replace("_", "").replace("-", "")
