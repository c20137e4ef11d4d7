import keras
import numpy as np
import pytest
from support.initializers import Ternary
from support.networks import small_network
from support.networks import softmax_network

from keras_tgdd.models.frozen_network import flat_weights
from keras_tgdd.models.seeding import draw_weights


@pytest.mark.parametrize("network_fn", [small_network, softmax_network])
def test_seed_decides_whatever_ran_before(network_fn):
    network, other = network_fn((8, 8, 2), 3), network_fn((8, 8, 2), 3)
    keras.utils.set_random_seed(1)
    draw_weights(network, 5)
    first = flat_weights(network)
    keras.utils.set_random_seed(2)
    draw_weights(other, 5)
    np.testing.assert_array_equal(flat_weights(other), first)
    draw_weights(other, 6)
    assert np.any(flat_weights(other) != first)


def test_layers_of_the_same_shape_get_different_weights():
    network = keras.Sequential(
        [
            keras.Input((8, 8, 4)),
            keras.layers.Conv2D(4, 3, name="a"),
            keras.layers.Conv2D(4, 3, name="b"),
        ]
    )
    draw_weights(network, 0)
    a, b = (network.get_layer(name).get_weights()[0] for name in "ab")
    assert np.any(a != b)


def test_draws_from_the_initializers_of_the_network():
    network = small_network((8, 8, 2), 3)
    draw_weights(network, 3)
    kernel = network.get_layer("conv_1").get_weights()[0]
    assert np.abs(kernel).max() <= 1 / np.sqrt(18)
    gamma, beta = network.get_layer("norm_1").get_weights()
    np.testing.assert_array_equal(gamma, 1.0)
    np.testing.assert_array_equal(beta, 0.0)


def test_refuses_networks_that_cannot_be_rebuilt():
    inputs = keras.Input((4, 4, 1))
    outputs = keras.layers.Lambda(lambda x: x * 2)(inputs)
    network = keras.Model(inputs, outputs, name="opaque")
    with pytest.raises(ValueError, match="network='opaque'"):
        draw_weights(network, 0)


def test_a_seed_gives_the_same_weights_on_every_backend():
    network = small_network((8, 8, 2), 3)
    draw_weights(network, 3)
    kernel = network.get_layer("conv_1").get_weights()[0]
    # As NumPy draws them: the same figures whatever the backend.
    np.testing.assert_allclose(
        kernel.ravel()[:3], [-0.09471401, 0.11732385, -0.00517141], atol=1e-7
    )


def test_custom_initializers_are_seeded_too():
    with keras.saving.custom_object_scope({"Ternary": Ternary}):
        layer = keras.layers.Dense(8, kernel_initializer=Ternary())
        network = keras.Sequential([keras.Input((8,)), layer])
        draw_weights(network, 1)
        first = network.get_weights()[0]
        draw_weights(network, 2)
        assert np.any(network.get_weights()[0] != first)
        draw_weights(network, 1)
    np.testing.assert_array_equal(network.get_weights()[0], first)
    assert set(np.unique(first)) == {-1.0, 0.0, 1.0}
