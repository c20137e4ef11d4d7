"""What every objective that reads live images is held to."""

import keras
import numpy as np
from keras import ops

from keras_tgdd import DistillationTrainer
from keras_tgdd.layers import SyntheticImages
from support.gradients import value_and_gradient
from support.objective_steps import AUGMENTATION


def fit_compiled(objective, experts, data, rate, steps_per_epoch=15):
    """Distils by an objective alone, in compiled steps.

    Returns:
        The matching loss of four epochs, and how far each class's pixels
        moved at most.
    """
    synthetic = SyntheticImages(3, 1, (8, 8, 2), factor=2)
    # Mosaics of real images are about as near as images of a class get.
    synthetic.adapt(*data, mode="noise", seed=0)
    trainer = DistillationTrainer(
        synthetic,
        experts,
        objective=objective,
        constraint=False,
        augmentation=AUGMENTATION,
        samples_per_class=4,
        seed=5,
    )
    trainer.compile(keras.optimizers.SGD(rate), jit_compile=True)
    start = ops.convert_to_numpy(synthetic.images.value)
    history = trainer.fit(
        *data, epochs=4, steps_per_epoch=steps_per_epoch, verbose=0
    ).history
    moved = np.abs(ops.convert_to_numpy(synthetic.images.value) - start)
    return history["matching"], moved.reshape(3, -1).max(axis=1)


def assert_distils(objective, experts, data, rate):
    """Holds that the loss falls by a fifth, and images of all classes move."""
    losses, moved = fit_compiled(objective, experts, data, rate)
    assert np.all(np.isfinite(losses))
    assert losses[-1] < 0.8 * losses[0], losses
    assert np.all(moved > 1e-3), moved


def assert_finite_where_features_are_equal(objective, size=4):
    """Holds value and gradient finite where every distance is zero."""
    for features in (np.zeros((2, 3, size)), np.full((2, 3, size), 0.7)):
        summary = objective.summarize(
            ops.convert_to_tensor(features[:, :1].astype("float32"))
        )
        value, gradient = value_and_gradient(
            lambda x, s=summary: ops.sum(objective.compare(s, x)), features
        )
        assert abs(value) < 1e-5, value
        assert np.all(np.isfinite(gradient))
