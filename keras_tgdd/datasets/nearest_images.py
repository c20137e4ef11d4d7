"""The images nearest to given points of the feature space."""

import numpy as np

from keras_tgdd.runtime.optional import require


def nearest_images(centres: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Returns the image nearest to each centre, each image at most once.

    Where one image is the nearest to two centres, the first centre gets it and
    the second its next nearest.

    Args:
        centres: array of shape `(count, size)`.
        features: array of shape `(n, size)`, `n` at least `count`.

    Returns:
        An int array of shape `(count,)`, positions in `features`.

    Raises:
        ImportError: if scikit-learn is not installed.
    """
    metrics = require(
        "sklearn.metrics", "selection", "Finding the nearest images"
    )
    chosen = []
    for distances in metrics.pairwise_distances(centres, features):
        distances[chosen] = np.inf
        chosen.append(int(np.argmin(distances)))
    return np.array(chosen)
