"""What synthetic images start from."""

from collections.abc import Callable

import numpy as np

from keras_tgdd.datasets.selection import choose_images
from keras_tgdd.synthetic.synthetic_images import SyntheticImages


def start_from_real(
    synthetic: SyntheticImages,
    x: np.ndarray,
    y: np.ndarray,
    features: Callable[[np.ndarray], np.ndarray],
    method: str = "random",
    seed: int = 0,
) -> None:
    """Lets synthetic images start as mosaics of chosen real images.

    Args:
        synthetic: `SyntheticImages`, which take the pixels.
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].
        y: int array of shape `(n,)`.
        features: function of images, such as `experts.features`, that reads
            what distances are measured in.
        method: name of a method of `select_images`. `"random"`, the default,
            reads no features.
        seed: int. Defaults to `0`.
    """
    if method != "random":
        counts = synthetic.decoded_counts
        chosen = choose_images(method, features(x), y, counts, seed)
        x, y = x[chosen], y[chosen]
    synthetic.adapt(x, y, seed=seed)
