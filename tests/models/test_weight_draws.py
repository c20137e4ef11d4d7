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
    """The weights that `draw_weights` gives a copy of the network."""
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


class PartlyDrawn(keras.layers.Layer):
    """A layer whose bias has some drawn and some constant values."""

    def build(self, input_shape):
        initializer = keras.initializers.RandomNormal()

        def halves(shape, dtype=None):
            drawn = initializer((shape[0] // 2,), dtype)
            return keras.ops.concatenate([drawn, keras.ops.ones_like(drawn)])

        self.bias = self.add_weight(shape=(8,), initializer=halves)

    def call(self, inputs):
        return inputs + self.bias


def dense_network(*layers):
    return keras.Sequential(
        [keras.Input((8,)), *layers, keras.layers.Dense(3, name="last")]
    )


@pytest.fixture
def rebuilds(monkeypatch):
    """The networks that are rebuilt from a config."""
    made, original = [], keras.models.model_from_json

    def counted(config, *arguments):
        network = original(config, *arguments)
        made.append(network)
        return network

    monkeypatch.setattr(keras.models, "model_from_json", counted)
    return made


class Rare(Ternary):
    """Draws 0 from three of four seeds, and 1 from the others."""

    def __call__(self, shape, dtype=None):
        return np.full(shape, (self.seed or 0) % 4 == 1).astype("float32")


@pytest.mark.parametrize("initializer", [Ternary, Rare])
def test_networks_with_custom_initializers_are_rebuilt(rebuilds, initializer):
    """Also where two networks happen to have equal weights."""
    with keras.saving.custom_object_scope({initializer.__name__: initializer}):
        layer = keras.layers.Dense(8, kernel_initializer=initializer())
        network = dense_network(layer)
        draws = WeightDraws(network)
        rebuilds.clear()
        drawn = [draws.draw(seed) for seed in range(8)]
        assert len(rebuilds) == 8
        for seed, weights in enumerate(drawn):
            np.testing.assert_array_equal(weights, expected(network, seed))
        assert len({weights[:64].tobytes() for weights in drawn}) > 1


def test_networks_whose_layers_draw_by_themselves_are_rebuilt(rebuilds):
    """Their draws come from Keras' global seed, which only a rebuild uses."""
    with keras.saving.custom_object_scope({"PartlyDrawn": PartlyDrawn}):
        draws = WeightDraws(dense_network(PartlyDrawn()))
        rebuilds.clear()
        weights = draws.draw(3)
        (rebuilt,) = rebuilds
        np.testing.assert_array_equal(weights, flat_weights(rebuilt))
        np.testing.assert_array_equal(weights[4:8], 1.0)
        # The seeded weights are the same in every rebuild.
        again = draws.draw(3)
        np.testing.assert_array_equal(weights[8:], again[8:])
        assert np.any(weights[:4] != again[:4])


def test_recurrent_networks_are_drawn_without_rebuilding(rebuilds):
    """The bias of an LSTM is constant, but no constant of one value."""
    network = keras.Sequential(
        [
            keras.Input((4, 8)),
            keras.layers.Bidirectional(keras.layers.LSTM(5)),
            keras.layers.Dense(3),
        ]
    )
    draws = WeightDraws(network)
    wanted = expected(network, 6)
    rebuilds.clear()
    np.testing.assert_array_equal(draws.draw(6), wanted)
    assert not rebuilds


def test_refuses_networks_that_cannot_be_rebuilt():
    inputs = keras.Input((4, 4, 1))
    outputs = keras.layers.Lambda(lambda x: x * 2)(inputs)
    with pytest.raises(ValueError, match="network='opaque'"):
        WeightDraws(keras.Model(inputs, outputs, name="opaque"))
