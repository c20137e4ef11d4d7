"""The losses of a distillation step, class by class, in NumPy."""

import numpy as np
from keras import ops

from keras_tgdd.layers import SiameseAugmentation


def features_of_class(experts, weights, images, draw, label, augmentation=None):
    """Features and outputs of images of one class under its draw.

    Args:
        experts: `Trajectory`.
        weights: array of shape `(num_weights,)`.
        images: array of shape `(n, height, width, channels)`, uint8 or in
            [0, 1].
        draw: dict of arrays, a draw of the augmentation.
        label: int.
        augmentation: `SiameseAugmentation`; `None` is the default one.

    Returns:
        Two float64 arrays, of shape `(n, feature_size)` and
        `(n, num_classes)`.
    """
    own = {key: value[label : label + 1] for key, value in draw.items()}
    images = experts.normalization.apply(np.asarray(images))
    layer = augmentation or SiameseAugmentation()
    images = layer(images[None], own)[0]
    return tuple(
        np.asarray(ops.convert_to_numpy(part), "float64")
        for part in experts.network(weights, images)
    )


def cross_entropies(outputs, label, softmax=False):
    """Cross-entropies of logits, or of probabilities, of images of a class."""
    if softmax:
        return -np.log(outputs[:, label])
    largest = outputs.max(axis=1, keepdims=True)
    sums = np.exp(outputs - largest).sum(axis=1)
    return np.log(sums) + largest[:, 0] - outputs[:, label]


def expected_losses(experts, inputs, decoded, softmax=False):
    """The matching of class means and the constraint, per class.

    Args:
        experts: `Trajectory`.
        inputs: dict, the inputs of a step, with `"images"` or `"summary"`.
        decoded: array of shape `(n_classes, n, height, width, channels)`, the
            decoded synthetic images in use.
        softmax: whether the network ends in a softmax.

    Returns:
        Two float64 arrays of shape `(n_classes,)`.
    """
    draw, weights = inputs["augmentation"], inputs["weights"]
    later = inputs.get("constraint_weights", weights)
    matching, constraint = [], []
    for label, images in enumerate(decoded):
        if "summary" in inputs:
            real = inputs["summary"]["mean"][label]
        else:
            real, _ = features_of_class(
                experts, weights, inputs["images"][label], draw, label
            )
            real = real.mean(axis=0)
        features, _ = features_of_class(experts, weights, images, draw, label)
        matching.append(np.sum((real - features.mean(axis=0)) ** 2))
        _, outputs = features_of_class(experts, later, images, draw, label)
        constraint.append(cross_entropies(outputs, label, softmax).mean())
    return np.array(matching), np.array(constraint)
