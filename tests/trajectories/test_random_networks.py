import keras
import numpy as np
import pytest
from support.distillations import make
from support.networks import small_network

from keras_tgdd import Normalization
from keras_tgdd.models.frozen_network import flat_weights
from keras_tgdd.trajectories import RandomNetworks

NORMALIZATION = Normalization(0.4, [0.2, 0.3])


@pytest.fixture
def random_networks():
    return RandomNetworks(small_network((8, 8, 2), 3), NORMALIZATION)


def draw(trajectory, seed):
    draw = trajectory.draw(np.random.default_rng(seed), region=7)
    np.testing.assert_array_equal(draw.weights, draw.constraint_weights)
    assert draw.constraint_scale is None
    return draw.weights


def test_draws_differ_and_a_seed_repeats_one(random_networks):
    before = flat_weights(random_networks.network.network)
    first, second = draw(random_networks, 0), draw(random_networks, 1)
    assert first.shape == (random_networks.network.num_weights,)
    assert np.mean(first == second) < 0.2  # scales and offsets of the norm
    np.testing.assert_array_equal(first, draw(random_networks, 0))
    after = flat_weights(random_networks.network.network)
    np.testing.assert_array_equal(before, after)


def test_weights_follow_the_initializers(random_networks):
    """Kernels of the first layer lie within 1 / sqrt(fan_in)."""
    kernel = draw(random_networks, 0)[: 9 * 2 * 4]
    bound = 1 / np.sqrt(9 * 2)
    assert 0.8 * bound < np.abs(kernel).max() <= bound


def test_fingerprints_differ(random_networks):
    network = small_network((8, 8, 2), 3)
    same = RandomNetworks(network, NORMALIZATION)
    assert same.fingerprint() == random_networks.fingerprint()
    mean = RandomNetworks(network, Normalization(0.5, [0.2, 0.3]))
    classes = RandomNetworks(small_network((8, 8, 2), 4), NORMALIZATION)
    prints = {t.fingerprint() for t in (same, mean, classes)}
    assert len(prints) == 3


def test_normalization_and_names_are_those_of_the_images():
    network = small_network((8, 8, 2), 3)
    named = RandomNetworks(
        network, Normalization(0.4, 0.2), class_names=np.array(["a", "b", "c"])
    )
    assert named.class_names == ("a", "b", "c")
    np.testing.assert_array_equal(
        named.normalization.mean, np.float32([0.4, 0.4])
    )
    with pytest.raises(ValueError, match="one name per class, 3"):
        RandomNetworks(network, NORMALIZATION, class_names=("a", "b"))
    with pytest.raises(ValueError, match="each of 2 channels"):
        RandomNetworks(network, Normalization([0.1, 0.2, 0.3]))
    with pytest.raises(TypeError, match="`normalization`.*Received: norm"):
        RandomNetworks(network, 0.4)


def trainer_of(trajectory, data):
    return make(
        trajectory,
        data,
        images_per_class=2,
        factor=1,
        optimizer=keras.optimizers.SGD(0.1),
        constraint=None,
        samples_per_class=8,
    )


def test_distils_without_experts(random_networks, small_data):
    history = (
        trainer_of(random_networks, small_data)
        .fit(small_data, epochs=3, steps_per_epoch=8, verbose=0)
        .history
    )
    assert history["matching"][-1] < history["matching"][0]


def test_a_network_may_serve_several_steps(
    random_networks, small_data, monkeypatch
):
    network = small_network((8, 8, 2), 3)
    trajectory = RandomNetworks(network, NORMALIZATION, steps_per_network=5)
    assert trajectory.steps_per_network == 5
    assert random_networks.steps_per_network == 1
    assert trajectory.fingerprint() != random_networks.fingerprint()
    drawn, original = [], RandomNetworks.draw

    def recorded(self, generator, region):
        draw = original(self, generator, region)
        drawn.append(draw.weights.tobytes())
        return draw

    monkeypatch.setattr(RandomNetworks, "draw", recorded)
    trainer_of(trajectory, small_data).fit(
        small_data, epochs=1, steps_per_epoch=10, verbose=0
    )
    # Keras may ask for a batch twice, but never for one of another network.
    changes = sum(a != b for a, b in zip(drawn, drawn[1:]))
    assert len(drawn) >= 10 and len(set(drawn)) == 2 and changes == 1


@pytest.mark.parametrize("steps", [0, 2.5, True])
def test_steps_of_a_network_are_a_positive_number(steps):
    network = small_network((8, 8, 2), 3)
    with pytest.raises(ValueError, match="`steps_per_network`.*Received"):
        RandomNetworks(network, NORMALIZATION, steps_per_network=steps)
