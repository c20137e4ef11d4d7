"""Checks that every layer passes."""

import keras
import numpy as np


def check_config(layer):
    """A layer that is restored from its config has the same config."""
    config = layer.get_config()
    restored = type(layer).from_config(config)
    assert restored.get_config() == config
    restored = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert restored.get_config() == config


def check_model(model, inputs, filepath, targets=None, custom_objects=None):
    """Trains a compiled model, and loads it with the same outputs.

    Args:
        model: functional model under test.
        inputs: array or dict of arrays, the model's inputs.
        filepath: path of a `.keras` file to write.
        targets: array of the shape of the output; zeros if `None`.
        custom_objects: as in `keras.models.load_model`.
    """
    output = keras.ops.convert_to_numpy(model(inputs))
    targets = np.zeros_like(output) if targets is None else targets
    model.compile(
        optimizer=keras.optimizers.SGD(1e-3), loss="mse", jit_compile=_JIT
    )
    history = model.fit(
        inputs, targets, batch_size=len(targets), epochs=2, verbose=0
    )
    assert np.all(np.isfinite(history.history["loss"]))
    expected = keras.ops.convert_to_numpy(model(inputs))
    model.save(filepath)
    loaded = keras.models.load_model(filepath, custom_objects)
    actual = keras.ops.convert_to_numpy(loaded(inputs))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


# torch.compile takes tens of seconds per model. The tests of the trainers
# compile one model of each kind with it.
_JIT = keras.backend.backend() != "torch"
