import keras
import numpy as np
import pytest
from support.gradients import assert_matches_oracle
from support.layer_round import check_config
from support.layer_round import check_model

from keras_tgdd.layers import InstanceNormalization


def oracle(x, gamma, beta, epsilon=1e-5):
    output = np.empty_like(x)
    for image in range(x.shape[0]):
        for channel in range(x.shape[-1]):
            values = x[image, ..., channel]
            centred = values - values.mean()
            output[image, ..., channel] = (
                gamma[channel] * centred / np.sqrt(values.var() + epsilon)
                + beta[channel]
            )
    return output


def test_matches_oracle_in_value_and_image_gradient(rng):
    layer = InstanceNormalization()
    layer.build((None, 4, 5, 3))
    gamma, beta = rng.normal(size=(2, 3))
    layer.set_weights([gamma, beta])
    x = rng.normal(size=(2, 4, 5, 3))
    assert_matches_oracle(layer, lambda a: oracle(a, gamma, beta), x)


def test_equals_group_normalization_with_one_channel_per_group(rng):
    x = rng.normal(size=(2, 6, 6, 4)).astype("float32")
    ours = InstanceNormalization()(x)
    keras_layer = keras.layers.GroupNormalization(groups=-1, epsilon=1e-5)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(ours),
        keras.ops.convert_to_numpy(keras_layer(x)),
        atol=2e-5,
    )


def test_the_sides_of_images_may_be_unknown(rng):
    inputs = keras.Input((None, None, 3))
    layer = InstanceNormalization()
    model = keras.Model(inputs, layer(inputs))
    for side in (4, 7):
        x = rng.normal(size=(2, side, 5, 3)).astype("float32")
        expected = keras.ops.convert_to_numpy(layer(x))
        np.testing.assert_allclose(
            model.predict(x, verbose=0), expected, atol=1e-5
        )


def test_constant_channel_becomes_beta():
    layer = InstanceNormalization()
    output = layer(np.full((1, 4, 4, 2), 1000.0, "float32"))
    assert np.all(np.isfinite(keras.ops.convert_to_numpy(output)))


def test_without_scale_and_center_there_are_no_weights():
    layer = InstanceNormalization(scale=False, center=False)
    layer.build((None, 4, 4, 2))
    assert layer.weights == []


def test_round(rng, tmp_path):
    layer = InstanceNormalization(epsilon=1e-4, center=False)
    check_config(layer)
    inputs = keras.Input((4, 4, 3))
    model = keras.Model(inputs, layer(inputs))
    x = rng.normal(size=(4, 4, 4, 3)).astype("float32")
    check_model(model, x, tmp_path / "model.keras")


def test_mixed_precision_keeps_statistics_in_float32(rng):
    x = (rng.normal(size=(2, 16, 16, 3)) + 30.0).astype("float32")
    layer = InstanceNormalization(dtype="mixed_bfloat16")
    output = layer(keras.ops.cast(x, "bfloat16"))
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    output = keras.ops.convert_to_numpy(keras.ops.cast(output, "float32"))
    # bfloat16 sums of values near 30 would miss the variance altogether.
    np.testing.assert_allclose(output.std(axis=(1, 2)), 1.0, atol=0.02)


@pytest.mark.parametrize("epsilon", [0.0, -1.0])
def test_refuses_epsilon(epsilon):
    with pytest.raises(ValueError, match="`epsilon` must be positive"):
        InstanceNormalization(epsilon=epsilon)


def test_refuses_inputs_without_spatial_axes():
    with pytest.raises(ValueError, match="at least one spatial axis"):
        InstanceNormalization().build((None, 3))
