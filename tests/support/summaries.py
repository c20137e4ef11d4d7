"""Small summaries for tests."""

import numpy as np

from keras_tgdd.layers import SiameseAugmentation


def split(x, y):
    """Two halves of the data, with classes in unequal shares."""
    order = np.random.default_rng(5).permutation(len(x))
    first, second = order[: len(x) // 2], order[len(x) // 2 :]
    return (x[first], y[first]), (x[second], y[second])


def summarize(experts, data, directory, **changes):
    """Five summaries of all images, in a directory of their own."""
    arguments = dict(
        plan=5,
        samples_per_class=None,
        augmentation=SiameseAugmentation(),
        directory=directory,
        verbose=0,
    )
    return experts.summarize(*data, **{**arguments, **changes})
