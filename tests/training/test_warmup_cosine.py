import keras
import numpy as np
import pytest
from keras import ops
from support.layer_round import check_config

from keras_tgdd.training.warmup_cosine import WarmupCosine


def rates(schedule, steps):
    return [float(ops.convert_to_numpy(schedule(step))) for step in steps]


@pytest.mark.parametrize("warmup", [0, 5])
def test_equals_the_schedule_of_keras(warmup):
    ours = WarmupCosine(0.1, warmup, 25)
    theirs = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else 0.1,
        decay_steps=25 - warmup,
        warmup_target=0.1 if warmup else None,
        warmup_steps=warmup,
    )
    steps = range(30)
    np.testing.assert_allclose(
        rates(ours, steps), rates(theirs, steps), atol=1e-7
    )


def test_rises_to_the_peak_and_ends_at_zero():
    values = rates(WarmupCosine(0.1, 4, 20), range(21))
    assert values[0] == 0 and values[4] == pytest.approx(0.1)
    assert np.all(np.diff(values[:5]) > 0) and np.all(np.diff(values[4:]) < 0)
    assert values[20] == pytest.approx(0.0, abs=1e-8)


def test_config():
    check_config(WarmupCosine(0.1, 4, 20))
