import numpy as np
import pytest
from support.summaries import summarize

from keras_tgdd import DistillationTrainer
from keras_tgdd.distillation.step_source import StepSource
from keras_tgdd.layers import SyntheticImages


@pytest.fixture
def trainer(experts):
    synthetic = SyntheticImages(3, 1, (8, 8, 2))
    return DistillationTrainer(synthetic, experts, samples_per_class=4)


def draws(batches):
    return {
        inputs["augmentation"]["brightness"].tobytes()
        for (inputs,) in map(batches.__getitem__, range(len(batches)))
    }


def test_live_steps_never_see_a_held_out_draw(trainer, small_data):
    source = StepSource(trainer, *small_data)
    assert source.real_per_class == 4
    held_out = draws(source.held_out())
    assert len(held_out) == 16
    assert not held_out & draws(source.steps(0, 40, holding_out=True))
    # The draws of a step do not depend on whether others are held out.
    assert draws(source.steps(0, 5)) == draws(source.steps(0, 5, True))


def test_a_tenth_of_the_summaries_is_held_out(
    trainer, experts, small_data, tmp_path
):
    summaries = summarize(experts, small_data, tmp_path, plan=12)
    source = StepSource(trainer, summaries, None)
    assert source.real_per_class == 0
    held_out = draws(source.held_out())
    rest = draws(source.steps(0, 40, holding_out=True))
    assert len(held_out) == 2 and len(rest) == 10 and not held_out & rest
    assert len(draws(source.steps(0, 40))) == 12


def test_one_summary_cannot_be_held_out(trainer, experts, small_data, tmp_path):
    summaries = summarize(experts, small_data, tmp_path, plan=1)
    with pytest.raises(ValueError, match="at least 2 entries"):
        StepSource(trainer, summaries, None).held_out()


def test_labels_beside_summaries_are_refused(
    trainer, experts, small_data, tmp_path
):
    summaries = summarize(experts, small_data, tmp_path)
    with pytest.raises(ValueError, match="`y` must be None"):
        StepSource(trainer, summaries, np.zeros(3, int))
