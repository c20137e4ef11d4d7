import keras
import numpy as np
import pytest
from keras import ops
from support.gradients import value_and_gradient
from support.networks import small_network
from support.networks import softmax_network

from keras_tgdd.models import FrozenNetwork
from keras_tgdd.models.frozen_network import check_network
from keras_tgdd.runtime.compilation import compiles_calls


def images(rng, count=3):
    return rng.normal(size=(count, 8, 8, 2)).astype("float32")


def test_reads_the_input_of_the_last_dense_layer(rng):
    network = small_network((8, 8, 2), 3)
    frozen = FrozenNetwork(network)
    x = images(rng)
    features, logits = frozen(frozen.flat_weights(), x)
    probe = keras.Model(network.input, network.get_layer("features").output)
    np.testing.assert_allclose(
        ops.convert_to_numpy(features),
        ops.convert_to_numpy(probe(x)),
        atol=1e-6,
    )
    np.testing.assert_allclose(
        ops.convert_to_numpy(logits),
        ops.convert_to_numpy(network(x)),
        atol=1e-6,
    )
    assert features.shape == (3, frozen.feature_size)


def test_the_given_weights_count_not_those_of_the_network(rng):
    network = small_network((8, 8, 2), 3)
    other = small_network((8, 8, 2), 3)
    frozen = FrozenNetwork(network)
    before = frozen.flat_weights()
    x = images(rng)
    _, logits = frozen(FrozenNetwork(other).flat_weights(), x)
    np.testing.assert_allclose(
        ops.convert_to_numpy(logits),
        ops.convert_to_numpy(other(x)),
        atol=1e-6,
    )
    np.testing.assert_array_equal(frozen.flat_weights(), before)


def test_assign_writes_a_flat_vector(rng):
    frozen = FrozenNetwork(softmax_network((8, 8, 2), 3))
    flat = rng.normal(size=frozen.num_weights).astype("float32")
    frozen.assign(flat)
    np.testing.assert_array_equal(frozen.flat_weights(), flat)


def test_feature_layer_names_where_features_are_read(rng):
    network = small_network((8, 8, 2), 3)
    frozen = FrozenNetwork(network, feature_layer="relu_1")
    features, _ = frozen(frozen.flat_weights(), images(rng))
    assert features.shape == (3, 8 * 8 * 4)


def test_batch_normalization_uses_the_snapshots_statistics(rng):
    network = softmax_network((8, 8, 2), 3)
    frozen = FrozenNetwork(network)
    x = images(rng, 5)
    network.get_layer("norm").set_weights(
        [
            np.full(4, 2.0),  # gamma
            np.full(4, 0.5),  # beta
            np.full(4, 0.1),  # moving mean
            np.full(4, 4.0),  # moving variance
        ]
    )
    flat = frozen.flat_weights()
    expected = ops.convert_to_numpy(network(x, training=False))
    network.get_layer("norm").set_weights(np.ones((4, 4)))
    _, together = frozen(flat, x)
    np.testing.assert_allclose(
        ops.convert_to_numpy(together), expected, atol=1e-6
    )
    # One image at a time gives the same: nothing depends on the batch.
    for position in range(5):
        _, alone = frozen(flat, x[position : position + 1])
        np.testing.assert_allclose(
            ops.convert_to_numpy(alone)[0], expected[position], atol=1e-6
        )
    # The moving statistics are not updated by reading features.
    np.testing.assert_array_equal(
        network.get_layer("norm").get_weights(), np.ones((4, 4))
    )


def test_gradient_reaches_the_images(rng):
    frozen = FrozenNetwork(small_network((8, 8, 2), 3))
    flat = frozen.flat_weights()
    _, gradient = value_and_gradient(
        lambda x: ops.sum(ops.square(frozen(flat, x)[0])), images(rng)
    )
    assert np.all(np.isfinite(gradient)) and np.any(gradient != 0)


@pytest.mark.parametrize(
    "network_fn, softmax", [(small_network, False), (softmax_network, True)]
)
def test_softmax_is_detected(network_fn, softmax):
    assert FrozenNetwork(network_fn((8, 8, 2), 3)).ends_in_softmax is softmax


def test_softmax_layer_is_detected():
    network = small_network((8, 8, 2), 3)
    softmax = keras.layers.Softmax()(network.output)
    frozen = FrozenNetwork(keras.Model(network.input, softmax))
    assert frozen.ends_in_softmax


def test_outputs_are_float32_under_mixed_precision(rng):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        frozen = FrozenNetwork(small_network((8, 8, 2), 3))
    finally:
        keras.config.set_dtype_policy("float32")
    for tensor in frozen(frozen.flat_weights(), images(rng)):
        assert keras.backend.standardize_dtype(tensor.dtype) == "float32"


def test_refuses_subclassed_models():
    class Opaque(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ValueError, match="functional or sequential.*Opaque"):
        FrozenNetwork(Opaque())


def test_refuses_networks_of_other_shapes():
    inputs = keras.Input((4,))
    network = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    with pytest.raises(ValueError, match="one input of fixed shape"):
        FrozenNetwork(network)


def test_channels_first_networks_do_not_fit_the_data():
    with pytest.raises(ValueError, match=r"\(8, 8, 2\), channels last"):
        check_network(small_network((2, 8, 8), 3), (8, 8, 2), 3)


def test_weights_are_no_state_of_a_model_that_uses_the_network():
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.frozen = FrozenNetwork(small_network((8, 8, 2), 3))

    assert Model().variables == []


@pytest.mark.parametrize("shape, classes", [((9, 8, 2), 3), ((8, 8, 2), 4)])
def test_networks_that_do_not_fit_the_data_are_refused(shape, classes):
    network = small_network((8, 8, 2), 3)
    check_network(network, (8, 8, 2), 3)
    with pytest.raises(ValueError, match=r"\(8, 8, 2\) and 3 classes"):
        check_network(network, shape, classes)


def test_refuses_networks_without_a_dense_layer():
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(3, 8, data_format="channels_last")(inputs)
    network = keras.Model(inputs, keras.layers.Flatten()(x))
    with pytest.raises(ValueError, match="Name a layer with `feature_layer=`"):
        FrozenNetwork(network)


def test_refuses_unknown_feature_layer():
    network = small_network((8, 8, 2), 3)
    with pytest.raises(ValueError, match="Received: feature_layer='pool_9'"):
        FrozenNetwork(network, feature_layer="pool_9")


def test_chunks_of_classes_change_neither_values_nor_gradient(rng):
    frozen = FrozenNetwork(small_network((8, 8, 2), 3))
    x = rng.normal(size=(5, 2, 8, 8, 2)).astype("float32")
    flat = ops.convert_to_tensor(frozen.flat_weights())

    def total(images, size):
        features, outputs = frozen.per_class(flat, images, size)
        assert features.shape == (5, 2, frozen.feature_size)
        assert outputs.shape == (5, 2, 3)
        return ops.sum(ops.square(features)) + ops.sum(ops.sin(outputs))

    value, gradient = value_and_gradient(lambda t: total(t, None), x)
    assert np.any(gradient != 0)
    for size in (1, 2, 3):
        chunked = value_and_gradient(lambda t: total(t, size), x)
        np.testing.assert_allclose(chunked[0], value, rtol=1e-5)
        np.testing.assert_allclose(chunked[1], gradient, atol=1e-5)


@pytest.mark.skipif(
    not compiles_calls(True), reason="the whole step is compiled"
)
def test_chunks_are_compiled_once(rng):
    frozen = FrozenNetwork(small_network((8, 8, 2), 3))
    x = ops.convert_to_tensor(rng.normal(size=(4, 2, 8, 8, 2)), "float32")
    flat = ops.convert_to_tensor(frozen.flat_weights())
    expected = frozen.per_class(flat, x)
    frozen.compile_chunks()
    run = frozen._run_chunk
    frozen.compile_chunks()
    assert frozen._run_chunk is run and run != frozen.__call__
    for whole, chunked in zip(expected, frozen.per_class(flat, x, 2)):
        np.testing.assert_allclose(
            ops.convert_to_numpy(chunked),
            ops.convert_to_numpy(whole),
            atol=1e-5,
        )


def test_bytes_of_the_activations_of_an_image():
    frozen = FrozenNetwork(small_network((8, 8, 2), 3))
    # Convolution, norm and ReLU; pooling and its flat view; logits; input.
    numbers = 3 * 8 * 8 * 4 + 2 * 4 * 4 * 4 + 3 + 8 * 8 * 2
    assert frozen.activation_bytes == 4 * numbers


def test_features_of_several_layers_are_concatenated(rng):
    network = small_network((8, 8, 2), 3)
    names = [network.layers[1].name, "features"]
    frozen = FrozenNetwork(network, names)
    flat, x = frozen.flat_weights(), images(rng)
    features, logits = frozen(flat, x)
    parts = [FrozenNetwork(network, name)(flat, x)[0] for name in names]
    assert frozen.feature_sizes == tuple(part.shape[1] for part in parts)
    assert frozen.feature_size == features.shape[1]
    np.testing.assert_allclose(
        ops.convert_to_numpy(features),
        np.concatenate([ops.convert_to_numpy(part) for part in parts], 1),
        atol=1e-6,
    )
    for jit_compile in (False, True):
        predicted = frozen.predict(flat, x, jit_compile)
        for found, expected in zip(predicted, (features, logits), strict=True):
            assert isinstance(found, np.ndarray)
            np.testing.assert_allclose(
                found, ops.convert_to_numpy(expected), atol=1e-6
            )
