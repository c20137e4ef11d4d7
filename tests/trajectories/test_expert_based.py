"""What all trajectories of experts have in common."""

import keras
import numpy as np
import pytest
from support.distillations import fit
from support.distillations import make
from support.distillations import pixels

from keras_tgdd.trajectories import FinalExperts
from keras_tgdd.trajectories import InterpolatedExperts

pytestmark = pytest.mark.parametrize(
    "kind", [FinalExperts, InterpolatedExperts]
)


def test_network_normalization_and_names_are_the_experts(experts, kind):
    trajectory = kind(experts)
    trajectory.check_fits((8, 8, 2), 3)
    assert trajectory.network is experts.network
    assert trajectory.class_names == ("dark", "medium", "bright")
    assert trajectory.normalization == experts.normalization


def test_fingerprints_differ(experts, kind):
    layer = experts.network.network.layers[1].name
    same = kind(experts).fingerprint()
    assert same == kind(experts).fingerprint()
    others = {
        FinalExperts(experts.with_feature_layer(layer)).fingerprint(),
        InterpolatedExperts(experts.with_feature_layer(layer)).fingerprint(),
        experts.fingerprint(),
    }
    assert len({same, *others}) == 4


def test_anything_but_experts_is_refused(experts, kind):
    with pytest.raises(TypeError, match="`ExpertTrajectories`.*Received: list"):
        kind([])
    with pytest.raises(TypeError, match="Received: FinalExperts"):
        kind(FinalExperts(experts))


def test_distils(experts, small_data, kind):
    trainer = make(
        kind(experts),
        small_data,
        optimizer=keras.optimizers.SGD(0.02),
        region=1,
        constraint_weight=1.0,
    )
    before = pixels(trainer)
    history = fit(trainer, small_data).history
    assert np.all(np.isfinite(history["loss"]))
    assert np.any(pixels(trainer) != before)
