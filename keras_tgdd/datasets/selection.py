"""Ways to choose real images of a class: the baselines of the field.

Each function takes the features of the images of one class, an array of shape
`(n, size)`, and returns the positions of `count` of them, in the order in which
they were chosen. Distances are Euclidean.
"""

from typing import Any

import numpy as np

from keras_tgdd.datasets.nearest_images import nearest_images
from keras_tgdd.runtime.optional import require


def random(features: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Draws without replacement."""
    generator = np.random.default_rng(seed)
    return generator.choice(len(features), count, replace=False)


def herding(features: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Chooses images whose mean is as near as possible to the class mean.

    Greedy, one image at a time; the first image is the nearest to the mean.
    Deterministic: `seed` is not used.

    References:
        - [Welling, 2009](https://dl.acm.org/doi/10.1145/1553374.1553517)
        - [Rebuffi et al., 2017](https://arxiv.org/abs/1611.07725)
    """
    features = np.asarray(features, "float64")
    mean = features.mean(axis=0)
    squares = np.sum(features**2, axis=1)
    total = np.zeros_like(mean)
    chosen = []
    for size in range(1, count + 1):
        # size² |mean - (total + f) / size|², without the terms that are equal
        # for all images.
        cost = squares - 2 * features @ (size * mean - total)
        cost[chosen] = np.inf
        chosen.append(int(np.argmin(cost)))
        total += features[chosen[-1]]
    return np.array(chosen)


def k_center(features: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Repeatedly chooses the image farthest from the chosen ones.

    Starts with the image nearest to the mean. The covering radius is at most
    twice the smallest possible one. Deterministic: `seed` is not used.

    References:
        - [Sener & Savarese, 2018](https://arxiv.org/abs/1708.00489)
    """
    metrics = require("sklearn.metrics", "selection", "Choosing by k-centre")
    features = np.asarray(features, "float64")
    mean = features.mean(axis=0, keepdims=True)
    chosen = [int(np.argmin(metrics.pairwise_distances(mean, features)[0]))]
    nearest = np.full(len(features), np.inf)
    while len(chosen) < count:
        last = features[chosen[-1:]]
        distances = metrics.pairwise_distances(last, features)[0]
        nearest = np.minimum(nearest, distances)
        nearest[chosen] = -np.inf
        chosen.append(int(np.argmax(nearest)))
    return np.array(chosen)


def k_means(features: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Chooses the image nearest to the centroid of each of `count` clusters.

    Where one image is the nearest to two centroids, the second gets its next
    nearest image.

    References:
        - [DREAM](https://arxiv.org/abs/2302.14416)
    """
    cluster = require("sklearn.cluster", "selection", "Choosing by k-means")
    features = np.asarray(features, "float32")
    clusters = cluster.KMeans(count, n_init=1, random_state=seed).fit(features)
    return nearest_images(clusters.cluster_centers_, features)


SELECTIONS = {
    "random": random,
    "herding": herding,
    "k_center": k_center,
    "k_means": k_means,
}


def check_selection(name: str, selection: Any) -> None:
    """Checks that a way to choose images is known.

    Args:
        name: string, the argument's name, for the message.
        method: the value to check.

    Raises:
        ValueError: if `selection` is no name in `SELECTIONS`.
    """
    if not isinstance(selection, str) or selection not in SELECTIONS:
        raise ValueError(
            f"`{name}` must be one of {sorted(SELECTIONS)}. Received: "
            f"{name}={selection!r}"
        )


def choose_images(
    selection: str,
    features: np.ndarray,
    y: np.ndarray,
    counts: np.ndarray,
    seed: int = 0,
) -> np.ndarray:
    """Chooses real images of every class.

    Args:
        selection: name in `SELECTIONS`.
        features: array of shape `(n, ...)`, one entry per image.
        y: int array of shape `(n,)`.
        counts: ints, images to choose per class.
        seed: int. Defaults to `0`.

    Returns:
        Int array of shape `(sum(counts),)`, positions in `y`, class by class.
        A class with fewer images repeats them cyclically.

    Raises:
        ImportError: if the selection needs scikit-learn, and it is missing.
    """
    features = np.reshape(features, (len(y), -1))
    states = np.random.SeedSequence(seed).generate_state(len(counts))
    chosen = []
    for label, (count, state) in enumerate(zip(counts, states, strict=True)):
        members = np.flatnonzero(y == label)
        available = min(count, len(members))
        order = SELECTIONS[selection](features[members], available, int(state))
        chosen.append(np.resize(members[order], count))
    return np.concatenate(chosen)
