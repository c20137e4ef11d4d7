"""Small summaries for tests."""

import numpy as np

import keras_tgdd


def split(x, y):
    """Two halves of the data, with classes in unequal shares."""
    order = np.random.default_rng(5).permutation(len(x))
    first, second = order[: len(x) // 2], order[len(x) // 2 :]
    return (x[first], y[first]), (x[second], y[second])


def summarize(experts, data, directory, **changes):
    """Five summaries of all images, in a directory of their own."""
    arguments = {
        "plan": 5,
        "samples_per_class": None,
        "directory": directory,
        "verbose": 0,
        **changes,
    }
    return keras_tgdd.summarize(experts, data, **arguments)
