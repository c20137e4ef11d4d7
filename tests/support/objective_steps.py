"""Tests of objectives, alone and in the steps of a trainer."""

import keras
import numpy as np
from keras import ops

from keras_tgdd import DistillationTrainer
from keras_tgdd.layers import SiameseAugmentation
from keras_tgdd.layers import SyntheticImages
from support.gradients import value_and_gradient
from support.graphs import assert_one_graph

# The operation that compiles fastest.
AUGMENTATION = SiameseAugmentation(("flip",))


def make(experts, data, objective, rate, compiled="auto"):
    """Makes a trainer of two images per class, without a constraint."""
    synthetic = SyntheticImages(3, 2, (8, 8, 2), factor=1)
    # From noise, the loss falls fast.
    synthetic.adapt(*data, mode="noise", seed=0)
    trainer = DistillationTrainer(
        synthetic,
        experts,
        objective,
        constraint=None,
        augmentation=AUGMENTATION,
        samples_per_class=12,
        seed=5,
    )
    trainer.compile(keras.optimizers.SGD(rate), jit_compile=compiled)
    return trainer


def assert_takes_steps(
    experts, data, objective, rate, fitted=None, falls_to=0.9
):
    """Losses fall, images of every class move, and compiling changes nothing.

    JAX and TensorFlow take the same steps with `jit_compile=True` as with
    `"auto"`. On PyTorch, where compiling takes a minute, a step is traced as
    one graph and has the same loss and gradient.

    Args:
        experts: `ExpertTrajectories`.
        data: images and labels.
        objective: `Objective`.
        rate: float, the learning rate of SGD.
        fitted: tuple, the data arguments of `fit`. `None` takes `data`.
        falls_to: float, the last loss as a share of the first, at most.
    """
    given = fitted or data
    whole = keras.backend.backend() != "torch"
    losses, pixels = [], []
    for compiled in ("auto", True) if whole else ("auto",):
        trainer = make(experts, data, objective, rate, compiled)
        start = ops.convert_to_numpy(trainer.synthetic.images.value).copy()
        history = trainer.fit(*given, steps_per_epoch=2, verbose=0).history
        losses.append(history["matching"])
        pixels.append(ops.convert_to_numpy(trainer.synthetic.images.value))
    assert np.max(np.abs(pixels[0] - start)) > 1e-3
    np.testing.assert_allclose(losses[-1], losses[0], rtol=1e-4)
    np.testing.assert_allclose(pixels[-1], pixels[0], atol=1e-4)
    history = trainer.fit(*given, epochs=4, steps_per_epoch=12, verbose=0)
    losses = history.history["matching"]
    assert np.all(np.isfinite(losses))
    assert losses[-1] < falls_to * losses[0], losses
    moved = ops.convert_to_numpy(trainer.synthetic.images.value) - start
    assert np.all(np.abs(moved).reshape(3, -1).max(axis=1) > 1e-3)
    assert_one_graph(trainer, *given)


def tensors(summary):
    """Converts a summary of NumPy arrays to tensors."""
    return {key: ops.convert_to_tensor(v) for key, v in summary.items()}


def arrays(summary):
    """Converts a summary of tensors to NumPy arrays."""
    return {key: ops.convert_to_numpy(v) for key, v in summary.items()}


def as_tensor(array):
    return ops.convert_to_tensor(np.asarray(array, "float32"))


def assert_filling_does_not_count(objective, features):
    """Features of weight 0 do not change the loss.

    Args:
        objective: built `Objective`.
        features: array of shape `(n_classes, n, feature_size)`.
    """
    weight = np.ones(features.shape[:2])
    weight[0, 1:] = weight[1, -1] = 0.0
    losses = []
    for filling in (7.0, -3.0):
        filled = np.where(weight[:, :, None] > 0, features, filling)
        summary = objective.summarize(as_tensor(filled), as_tensor(weight))
        loss = objective.compare(summary, as_tensor(features[:, ::-1]))
        losses.append(ops.convert_to_numpy(loss))
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
    alone = objective.summarize(as_tensor(features[:, :1]))
    alone = objective.compare(alone, as_tensor(features[:, ::-1]))
    np.testing.assert_allclose(
        losses[0][0], ops.convert_to_numpy(alone)[0], rtol=1e-4
    )


def assert_merges(objective, features):
    """Merged summaries of two parts equal the summary of all features.

    Args:
        objective: built `Objective`.
        features: array of shape `(n_classes, n, feature_size)`.
    """
    parts = [
        objective.summarize(as_tensor(part))
        for part in (features[:, :2], features[:, 2:])
    ]
    merged = arrays(objective.merge(*parts))
    whole = arrays(objective.summarize(as_tensor(features)))
    assert merged.keys() == whole.keys()
    for key, value in whole.items():
        np.testing.assert_allclose(merged[key], value, atol=1e-6)
    weight = as_tensor(np.zeros(features[:, :2].shape[:2]))
    none = objective.summarize(as_tensor(features[:, :2]), weight)
    for pair in ((none, parts[1]), (parts[1], none)):
        merged = arrays(objective.merge(*pair))
        for key, value in arrays(parts[1]).items():
            np.testing.assert_allclose(merged[key], value, atol=1e-6)


def assert_finite_where_features_are_equal(objective, size=4):
    """Value and gradient are finite where every distance is zero."""
    for features in (np.zeros((2, 3, size)), np.full((2, 3, size), 0.7)):
        summary = objective.summarize(
            ops.convert_to_tensor(features[:, :1].astype("float32"))
        )
        value, gradient = value_and_gradient(
            lambda x, s=summary: ops.sum(objective.compare(s, x)), features
        )
        assert abs(value) < 1e-5, value
        assert np.all(np.isfinite(gradient))
