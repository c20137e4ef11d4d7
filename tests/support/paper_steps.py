"""Steps of methods, and what their papers say of them, by hand."""

import numpy as np
import pytest
from keras import ops

import keras_tgdd
from keras_tgdd import Normalization
from keras_tgdd.methods import get_method
from keras_tgdd.trajectories import RandomNetworks
from support.step_oracle import cross_entropies
from support.step_oracle import features_of_class

# Standard deviations of two channels whose mean square is 0.1.
NORMALIZATION = Normalization([0.25, 0.5], [0.2, 0.4])
MEAN_SQUARE = 0.1


def build(name, experts, data, images_per_class=1, steps=100, **changes):
    method = get_method(name).replace(**changes)
    return method.build(data, experts, images_per_class, steps=steps, seed=3)


def random_networks(depth=1):
    network = keras_tgdd.models.ConvNet((8, 8, 2), 3, width=4, depth=depth)
    return RandomNetworks(network, NORMALIZATION)


def rate(trainer, step=0):
    learning_rate = trainer.optimizer._learning_rate
    if callable(learning_rate):
        learning_rate = learning_rate(step)
    return float(ops.convert_to_numpy(learning_rate))


def inputs_of(trainer, data, step=0):
    """The inputs of a step, under the networks it has."""
    trainer.parts.trajectory.seek(step)
    (inputs,) = trainer.step.source(data).steps(step, 1)[0]
    return inputs


class Step:
    """A step of a trainer: its losses, and the features they come from."""

    def __init__(self, trainer, data, step=0):
        self.trainer, self.parts = trainer, trainer.parts
        self.inputs = inputs_of(trainer, data, step)
        losses = trainer(self.inputs)
        self.total = float(
            ops.convert_to_numpy(trainer.compute_loss(y_pred=losses))
        )
        self.losses = {k: ops.convert_to_numpy(v) for k, v in losses.items()}
        self.decoded = ops.convert_to_numpy(
            trainer.synthetic(self.inputs.get("selection"))
        )

    def _read(self, weights, images, label):
        return features_of_class(
            self.parts.trajectory,
            weights,
            images,
            self.inputs["augmentation"],
            label,
            self.parts.augmentation,
        )

    def features(self, label):
        """Features of real and of synthetic images of a class."""
        weights = self.inputs["weights"]
        return tuple(
            self._read(weights, images[label], label)[0]
            for images in (self.inputs["images"], self.decoded)
        )

    def cross_entropy(self, label):
        """That of the synthetic images, under the classifier's weights."""
        weights = self.inputs.get("constraint_weights", self.inputs["weights"])
        _, outputs = self._read(weights, self.decoded[label], label)
        return cross_entropies(outputs, label).mean()

    def check(self, matching, weight):
        """Holds the losses against a function of features and a weight."""
        expected = [matching(*self.features(label)) for label in range(3)]
        np.testing.assert_allclose(
            self.losses["matching"], expected, rtol=2e-3, atol=1e-6
        )
        total = sum(expected)
        if weight is None:
            assert set(self.losses) == {"matching"}
        else:
            total += weight * sum(map(self.cross_entropy, range(3)))
        assert self.total == pytest.approx(total, rel=2e-3)


def mean_distance(real, synthetic):
    return np.sum((real.mean(axis=0) - synthetic.mean(axis=0)) ** 2)
