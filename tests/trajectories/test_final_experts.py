import keras
import numpy as np
import pytest
from support.distillations import fit
from support.distillations import pixels

import keras_tgdd
from keras_tgdd.trajectories import FinalExperts


def generator(seed=0):
    return np.random.default_rng(seed)


def test_every_draw_is_the_end_of_an_expert(experts):
    trajectory = FinalExperts(experts)
    finals = [experts.weights(expert, 3) for expert in range(2)]
    drawn = set()
    for seed in range(20):
        weights, later = trajectory.draw(generator(seed), region=7)
        np.testing.assert_array_equal(weights, later)
        (expert,) = (e for e in range(2) if np.array_equal(weights, finals[e]))
        said = trajectory.describe_draw(generator(seed), region=7)
        assert said == f"expert {expert}, last snapshot"
        drawn.add(expert)
    assert drawn == {0, 1}


def test_what_belongs_to_the_experts_is_theirs(experts):
    trajectory = FinalExperts(experts)
    trajectory.check_fits((8, 8, 2), 3)
    assert trajectory.network is experts.network
    assert trajectory.class_names == ("dark", "medium", "bright")
    np.testing.assert_array_equal(trajectory.mean, experts.mean)
    np.testing.assert_array_equal(trajectory.std, experts.std)


def test_a_fingerprint_tells_them_from_others(experts):
    layer = experts.network.network.layers[1].name
    same = FinalExperts(experts).fingerprint()
    assert same == FinalExperts(experts).fingerprint()
    elsewhere = FinalExperts(experts.reading(layer)).fingerprint()
    assert len({same, elsewhere, experts.fingerprint()}) == 3


def test_other_things_are_refused(experts):
    with pytest.raises(TypeError, match="`ExpertTrajectories`.*Received: str"):
        FinalExperts("experts")
    with pytest.raises(TypeError, match="Received: FinalExperts"):
        FinalExperts(FinalExperts(experts))


def test_distils_in_one_pass(experts, small_data):
    synthetic = keras_tgdd.layers.SyntheticImages(3, 1, (8, 8, 2), factor=2)
    synthetic.adapt(*small_data, seed=0)
    trainer = keras_tgdd.DistillationTrainer(
        synthetic, FinalExperts(experts), region=1, samples_per_class=4
    )
    trainer.compile(keras.optimizers.SGD(0.02))
    before = pixels(trainer)
    history = fit(trainer, small_data).history
    assert np.all(np.isfinite(history["loss"]))
    assert np.any(pixels(trainer) != before)
