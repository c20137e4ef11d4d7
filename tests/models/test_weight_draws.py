import keras
import numpy as np
import pytest
from support.initializers import Ternary
from support.networks import small_network

from keras_tgdd import models
from keras_tgdd.models.frozen_network import flat_weights
from keras_tgdd.models.seeding import draw_weights
from keras_tgdd.models.weight_draws import WeightDraws


def expected(network, seed):
    """A network of the same architecture, drawn in place."""
    clone = keras.models.clone_model(network)
    draw_weights(clone, seed)
    return flat_weights(clone)


@pytest.mark.parametrize(
    "network_fn",
    [
        small_network,
        models.ConvNet,
        models.ResNet,  # several layers of one shape
        models.VisionTransformer,  # several weights of one seed
    ],
)
def test_draws_what_a_rebuilt_network_has(network_fn, monkeypatch):
    network = network_fn((8, 8, 3), 4)
    before = flat_weights(network)
    draws = WeightDraws(network)
    wanted = [expected(network, seed) for seed in (3, [4, 1, 2])]
    monkeypatch.setattr(keras.models, "model_from_json", None)
    for seed, weights in zip((3, [4, 1, 2]), wanted, strict=True):
        drawn = draws.draw(seed)
        assert drawn.dtype == np.float32
        np.testing.assert_array_equal(drawn, weights)
    assert np.any(draws.draw(3) != draws.draw(4))
    np.testing.assert_array_equal(flat_weights(network), before)


def test_weights_that_are_drawn_elsewhere_are_drawn_there():
    with keras.saving.custom_object_scope({"Ternary": Ternary}):
        network = keras.Sequential(
            [
                keras.Input((8,)),
                keras.layers.Dense(8, kernel_initializer=Ternary()),
                keras.layers.Dense(3),
            ]
        )
        draws = WeightDraws(network)
        for seed in (0, 1, 5):
            np.testing.assert_array_equal(
                draws.draw(seed), expected(network, seed)
            )
        assert np.any(draws.draw(0) != draws.draw(1))


def test_refuses_networks_that_cannot_be_rebuilt():
    inputs = keras.Input((4, 4, 1))
    outputs = keras.layers.Lambda(lambda x: x * 2)(inputs)
    with pytest.raises(ValueError, match="network='opaque'"):
        WeightDraws(keras.Model(inputs, outputs, name="opaque"))
