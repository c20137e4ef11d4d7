import keras
import numpy as np
import pytest
from support.networks import small_network

from keras_tgdd import DistillationTrainer
from keras_tgdd.distillation.step_source import StepSource
from keras_tgdd.layers import SyntheticImages
from keras_tgdd.models.frozen_network import flat_weights
from keras_tgdd.trajectories import RandomNetworks


@pytest.fixture
def random_networks():
    return RandomNetworks(small_network((8, 8, 2), 3), 0.4, [0.2, 0.3])


def draw(trajectory, seed):
    return trajectory.draw(np.random.default_rng(seed), region=7)[0]


def test_every_draw_is_another_network_and_a_seed_repeats_it(random_networks):
    before = flat_weights(random_networks.network.network)
    first, second = draw(random_networks, 0), draw(random_networks, 1)
    assert first.shape == (random_networks.network.num_weights,)
    assert np.mean(first == second) < 0.2  # scales and offsets alone
    np.testing.assert_array_equal(first, draw(random_networks, 0))
    after = flat_weights(random_networks.network.network)
    np.testing.assert_array_equal(before, after)


def test_weights_follow_the_initializers(random_networks):
    """Kernels of the first layer lie within 1 / sqrt(fan_in)."""
    kernel = draw(random_networks, 0)[: 9 * 2 * 4]
    bound = 1 / np.sqrt(9 * 2)
    assert 0.8 * bound < np.abs(kernel).max() <= bound


def test_a_fingerprint_tells_networks_apart(random_networks):
    same = RandomNetworks(small_network((8, 8, 2), 3), 0.4, [0.2, 0.3])
    assert same.fingerprint() == random_networks.fingerprint()
    mean = RandomNetworks(small_network((8, 8, 2), 3), 0.5, [0.2, 0.3])
    classes = RandomNetworks(small_network((8, 8, 2), 4), 0.4, [0.2, 0.3])
    prints = {t.fingerprint() for t in (same, mean, classes)}
    assert len(prints) == 3


def test_distils_without_experts(random_networks, small_data):
    synthetic = SyntheticImages(3, 2, (8, 8, 2))
    synthetic.adapt(*small_data, seed=0)
    trainer = DistillationTrainer(
        synthetic, random_networks, constraint=False, samples_per_class=8
    )
    trainer.compile(keras.optimizers.SGD(0.1))
    history = trainer.fit(
        *small_data, epochs=3, steps_per_epoch=8, verbose=0
    ).history
    assert history["matching"][-1] < history["matching"][0]


def test_a_network_may_serve_several_steps(random_networks, small_data):
    network = small_network((8, 8, 2), 3)
    trajectory = RandomNetworks(network, 0.4, [0.2, 0.3], steps_per_network=5)
    assert trajectory.steps_per_network == 5
    assert random_networks.steps_per_network == 1
    assert trajectory.fingerprint() != random_networks.fingerprint()
    synthetic = SyntheticImages(3, 2, (8, 8, 2))
    trainer = DistillationTrainer(
        synthetic, trajectory, constraint=False, samples_per_class=4
    )
    batches = StepSource(trainer, *small_data).steps(0, 10)
    drawn = [batches[step][0]["weights"] for step in range(10)]
    for step, weights in enumerate(drawn):
        np.testing.assert_array_equal(weights, drawn[5 * (step // 5)])
    assert np.any(drawn[0] != drawn[5])


@pytest.mark.parametrize("steps", [0, 2.5, True])
def test_steps_of_a_network_are_a_positive_number(steps):
    network = small_network((8, 8, 2), 3)
    with pytest.raises(ValueError, match="`steps_per_network`.*Received"):
        RandomNetworks(network, 0.4, 0.2, steps_per_network=steps)
