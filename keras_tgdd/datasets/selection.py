"""Which real images stand for a class: the baselines of the field.

Each function takes the features of the images of one class, an array of shape
`(n, size)`, and returns the positions of `count` of them, in the order in which
they were chosen. Distances are Euclidean.
"""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances

from keras_tgdd.datasets.representative_images import nearest_images


def random(features: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Draws without replacement."""
    generator = np.random.default_rng(seed)
    return generator.choice(len(features), count, replace=False)


def herding(features: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Keeps the mean of those chosen as near to the mean of all as can be.

    Greedy, one image at a time; the first is the nearest to the mean. Nothing
    is drawn: `seed` is not used.

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
        # |mean - (total + f) / size|² times size², without what is the same
        # for every image.
        cost = squares - 2 * features @ (size * mean - total)
        cost[chosen] = np.inf
        chosen.append(int(np.argmin(cost)))
        total += features[chosen[-1]]
    return np.array(chosen)


def k_center(features: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Takes the image farthest from those chosen, again and again.

    Starts with the nearest to the mean: two times the smallest possible
    covering radius at most. Nothing is drawn: `seed` is not used.

    References:
        - [Sener & Savarese, 2018](https://arxiv.org/abs/1708.00489)
    """
    features = np.asarray(features, "float64")
    mean = features.mean(axis=0, keepdims=True)
    chosen = [int(np.argmin(pairwise_distances(mean, features)[0]))]
    nearest = np.full(len(features), np.inf)
    while len(chosen) < count:
        last = features[chosen[-1:]]
        nearest = np.minimum(nearest, pairwise_distances(last, features)[0])
        nearest[chosen] = -np.inf
        chosen.append(int(np.argmax(nearest)))
    return np.array(chosen)


def k_means(features: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Takes the image nearest to the centre of each of `count` clusters.

    An image that two centres are nearest to stands for the first, and the
    other takes its next.

    References:
        - [DREAM](https://arxiv.org/abs/2302.14416)
    """
    features = np.asarray(features, "float32")
    centres = KMeans(count, n_init=1, random_state=seed).fit(features)
    return nearest_images(centres.cluster_centers_, features)


METHODS = {
    "random": random,
    "herding": herding,
    "k_center": k_center,
    "k_means": k_means,
}


def choose_images(
    method: str,
    features: np.ndarray,
    y: np.ndarray,
    counts: np.ndarray,
    seed: int = 0,
) -> np.ndarray:
    """Chooses real images of every class.

    Args:
        method: name in `METHODS`.
        features: array of shape `(n, ...)`, one entry an image.
        y: int array of shape `(n,)`.
        counts: ints, images to choose of each class.
        seed: int. Defaults to `0`.

    Returns:
        Int array of shape `(sum(counts),)`, positions in `y`, class by class.
        A class of fewer images than asked for repeats them.
    """
    features = np.reshape(features, (len(y), -1))
    states = np.random.SeedSequence(seed).generate_state(len(counts))
    chosen = []
    for label, (count, state) in enumerate(zip(counts, states, strict=True)):
        members = np.flatnonzero(y == label)
        there = min(count, len(members))
        order = METHODS[method](features[members], there, int(state))
        chosen.append(np.resize(members[order], count))
    return np.concatenate(chosen)
