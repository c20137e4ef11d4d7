import keras
import numpy as np
import pytest
from support.distillations import fit
from support.distillations import pixels

import keras_tgdd
from keras_tgdd.trajectories import InterpolatedExperts


def generator(seed=0):
    return np.random.default_rng(seed)


def test_features_are_read_on_the_line_and_the_constraint_at_its_end(experts):
    trajectory = InterpolatedExperts(experts)
    shares = []
    for seed in range(40):
        # What the draw takes from its generator, in the order it does.
        same = generator(seed)
        expert, share = int(same.integers(2)), same.random()
        weights, later = trajectory.draw(generator(seed), region=7)
        initial = np.float64(experts.weights(expert, 0))
        final = np.float64(experts.weights(expert, 3))
        assert weights.dtype == np.float32
        np.testing.assert_allclose(
            weights, share * initial + (1 - share) * final, atol=1e-6
        )
        np.testing.assert_array_equal(later, experts.weights(expert, 3))
        said = trajectory.describe_draw(generator(seed), region=7)
        assert said == f"expert {expert}, {share:.3f} of its initialization"
        shares.append(share)
    assert min(shares) < 0.15 and max(shares) > 0.85


def test_snapshots_are_left_alone(experts):
    before = experts.weights(0, 0).copy(), experts.weights(0, 3).copy()
    for seed in range(5):
        InterpolatedExperts(experts).draw(generator(seed), region=7)
    np.testing.assert_array_equal(experts.weights(0, 0), before[0])
    np.testing.assert_array_equal(experts.weights(0, 3), before[1])


def test_what_belongs_to_the_experts_is_theirs(experts):
    trajectory = InterpolatedExperts(experts)
    trajectory.check_fits((8, 8, 2), 3)
    assert trajectory.network is experts.network
    assert trajectory.class_names == ("dark", "medium", "bright")
    np.testing.assert_array_equal(trajectory.mean, experts.mean)
    np.testing.assert_array_equal(trajectory.std, experts.std)


def test_a_fingerprint_tells_them_from_others(experts):
    layer = experts.network.network.layers[1].name
    same = InterpolatedExperts(experts).fingerprint()
    assert same == InterpolatedExperts(experts).fingerprint()
    others = {
        InterpolatedExperts(experts.reading(layer)).fingerprint(),
        keras_tgdd.trajectories.FinalExperts(experts).fingerprint(),
        experts.fingerprint(),
    }
    assert len({same, *others}) == 4


def test_other_things_are_refused():
    with pytest.raises(TypeError, match="`ExpertTrajectories`.*Received: list"):
        InterpolatedExperts([])


def test_distils(experts, small_data):
    synthetic = keras_tgdd.layers.SyntheticImages(3, 1, (8, 8, 2), factor=2)
    synthetic.adapt(*small_data, seed=0)
    trainer = keras_tgdd.DistillationTrainer(
        synthetic,
        InterpolatedExperts(experts),
        constraint_weight=1.0,
        samples_per_class=4,
    )
    trainer.compile(keras.optimizers.SGD(0.02))
    before = pixels(trainer)
    history = fit(trainer, small_data).history
    assert np.all(np.isfinite(history["loss"]))
    assert np.any(pixels(trainer) != before)
