"""Small sets to compare with, under the same protocol."""

from collections.abc import Sequence

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from keras_tgdd.checks import check_images
from keras_tgdd.checks import check_labels
from keras_tgdd.datasets.distilled_dataset import DistilledDataset
from keras_tgdd.datasets.statistics import complete_statistics
from keras_tgdd.layers.synthetic_images import SyntheticImages


def random_images(
    x: np.ndarray,
    y: np.ndarray,
    images_per_class: int,
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
        images_per_class: positive int.
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
    check_images(x)
    num_classes = check_labels(y, len(x))
    synthetic = SyntheticImages(
        num_classes, images_per_class, x.shape[1:], factor
    )
    synthetic.adapt(x, y, mode="mosaic", seed=seed)
    mean, std = complete_statistics(x, mean, std)
    return DistilledDataset(
        ops.convert_to_numpy(synthetic.images.value),
        class_names=class_names,
        factor=factor,
        mean=mean,
        std=std,
        info={"method": "random real images", "seed": seed},
    )
