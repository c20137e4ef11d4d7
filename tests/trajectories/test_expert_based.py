"""What all trajectories that are made of experts have in common."""

import keras
import numpy as np
import pytest
from support.distillations import fit
from support.distillations import pixels

import keras_tgdd
from keras_tgdd.trajectories import FinalExperts
from keras_tgdd.trajectories import InterpolatedExperts

pytestmark = pytest.mark.parametrize(
    "of_experts", [FinalExperts, InterpolatedExperts]
)


def test_what_belongs_to_the_experts_is_theirs(experts, of_experts):
    trajectory = of_experts(experts)
    trajectory.check_fits((8, 8, 2), 3)
    assert trajectory.network is experts.network
    assert trajectory.class_names == ("dark", "medium", "bright")
    np.testing.assert_array_equal(trajectory.mean, experts.mean)
    np.testing.assert_array_equal(trajectory.std, experts.std)


def test_a_fingerprint_tells_them_from_others(experts, of_experts):
    layer = experts.network.network.layers[1].name
    same = of_experts(experts).fingerprint()
    assert same == of_experts(experts).fingerprint()
    others = {
        FinalExperts(experts.reading(layer)).fingerprint(),
        InterpolatedExperts(experts.reading(layer)).fingerprint(),
        experts.fingerprint(),
    }
    assert len({same, *others}) == 4


def test_other_things_are_refused(experts, of_experts):
    with pytest.raises(TypeError, match="`ExpertTrajectories`.*Received: list"):
        of_experts([])
    with pytest.raises(TypeError, match="Received: FinalExperts"):
        of_experts(FinalExperts(experts))


def test_distils(experts, small_data, of_experts):
    synthetic = keras_tgdd.layers.SyntheticImages(3, 1, (8, 8, 2), factor=2)
    synthetic.adapt(*small_data, seed=0)
    trainer = keras_tgdd.DistillationTrainer(
        synthetic,
        of_experts(experts),
        region=1,
        constraint_weight=1.0,
        samples_per_class=4,
    )
    trainer.compile(keras.optimizers.SGD(0.02))
    before = pixels(trainer)
    history = fit(trainer, small_data).history
    assert np.all(np.isfinite(history["loss"]))
    assert np.any(pixels(trainer) != before)
