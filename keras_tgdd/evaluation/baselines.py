"""Small sets to compare with, under the same protocol."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.datasets.selection import METHODS
from keras_tgdd.datasets.selection import choose_images
from keras_tgdd.datasets.statistics import complete_statistics
from keras_tgdd.synthetic.class_counts import class_counts
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.synthetic.synthetic_images import SyntheticImages


def select_images(
    x: np.ndarray,
    y: np.ndarray,
    images_per_class: ImagesPerClass,
    method: str = "random",
    features: np.ndarray | None = None,
    factor: int = 1,
    mean: ArrayLike | None = None,
    std: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    seed: int = 0,
) -> DistilledDataset:
    """Chooses real images as a set of the size of a distilled one.

    Args:
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].
        y: int array of shape `(n,)`.
        images_per_class: positive int; or a sequence or mapping, one for
            each class.
        method: `"random"`; `"herding"`, which keeps the mean feature;
            `"k_center"`, which covers all features; or `"k_means"`, the
            nearest to the centres of clusters. Defaults to `"random"`.
        features: float array of shape `(n, size)`, in which distances are
            measured, such as `experts.features(x)`. `None` takes the pixels.
        factor: positive int. `1` takes whole images; more makes mosaics of
            `factor**2` down-sampled real images each, which store as much
            and decode to more, as distilled sets do. Defaults to `1`.
        mean: floats of shape `(channels,)`, in [0, 1] units. `None` takes
            the mean of `x`.
        std: as `mean`, the standard deviation.
        class_names: optional sequence of strings.
        seed: int, seed of the draw. Defaults to `0`.

    Returns:
        `DistilledDataset`. A class of fewer images than needed repeats them.

    Raises:
        TypeError, ValueError: if the data are not images with labels, the
            method is unknown, or the features are not one row an image.

    Example:

    ```python
    herded = select_images(x, y, 10, "herding", experts.features(x))
    ```

    References:
        - [DC-bench](https://arxiv.org/abs/2207.09639)
    """
    check_images(x)
    num_classes = check_labels(y, len(x))
    counts = class_counts(images_per_class, num_classes, class_names)
    check_method("method", method)
    if features is None:
        features = x
    elif len(features) != len(x):
        raise ValueError(
            "`features` must have a row for each image. Received: "
            f"{len(features)} rows for {len(x)} images"
        )
    synthetic = SyntheticImages(num_classes, counts, x.shape[1:], factor)
    chosen = choose_images(method, features, y, synthetic.decoded_counts, seed)
    synthetic.adapt(x[chosen], y[chosen], mode="mosaic", seed=seed)
    mean, std = complete_statistics(x, mean, std)
    return DistilledDataset(
        synthetic.stored_images(),
        labels=synthetic.labels.ravel(),
        class_names=class_names,
        factor=factor,
        mean=mean,
        std=std,
        info={"method": f"{method} real images", "seed": seed},
    )


def random_images(
    x: np.ndarray,
    y: np.ndarray,
    images_per_class: ImagesPerClass,
    factor: int = 1,
    mean: ArrayLike | None = None,
    std: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    seed: int = 0,
) -> DistilledDataset:
    """Draws real images as a set of the size of a distilled one.

    Args:
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].
        y: int array of shape `(n,)`.
        images_per_class: positive int; or one for each class.
        factor: positive int. `1` takes whole images; more makes mosaics of
            `factor**2` down-sampled real images each, which store as much
            and decode to more, as distilled sets do. Defaults to `1`.
        mean: floats of shape `(channels,)`, in [0, 1] units. `None` takes
            the mean of `x`.
        std: as `mean`, the standard deviation.
        class_names: optional sequence of strings.
        seed: int, seed of the draw. Defaults to `0`.

    Returns:
        `DistilledDataset`.

    Raises:
        TypeError, ValueError: if the data are not images with labels.
    """
    return select_images(
        x,
        y,
        images_per_class,
        factor=factor,
        mean=mean,
        std=std,
        class_names=class_names,
        seed=seed,
    )


def check_method(name: str, method: Any) -> None:
    """Refuses what is not a method of `select_images`.

    Args:
        name: string, what the caller calls it.
        method: what is looked at.

    Raises:
        ValueError: if it is none.
    """
    if method not in tuple(METHODS):
        raise ValueError(
            f"`{name}` must be one of {sorted(METHODS)}. Received: "
            f"{name}={method!r}"
        )
