import numpy as np
import pytest

from keras_tgdd.distillation.summaries import SummaryPlan


def test_stages_are_taken_in_turn():
    experts, stages = SummaryPlan(12, seed=3).stages([3, 2])
    pairs = list(zip(experts.tolist(), stages.tolist()))
    every = {(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)}
    assert set(pairs[:5]) == every and set(pairs[5:10]) == every
    assert len(set(pairs[10:])) == 2
    assert pairs[:5] != pairs[5:10]


def test_a_seed_gives_the_same_plan():
    first, again, other = (SummaryPlan(9, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.stages([9]), again.stages([9]))
    assert np.any(first.stages([9])[1] != other.stages([9])[1])
    assert first.generator(4).random() == again.generator(4).random()
    assert first.generator(4).random() != first.generator(5).random()
    assert first.generator(4).random() != other.generator(4).random()


@pytest.mark.parametrize("count", [0, -1, 2.5])
def test_refuses_no_entries(count):
    with pytest.raises(ValueError, match="`num_entries` must be a positive"):
        SummaryPlan(count)


def test_takes_the_named_snapshots_alone():
    plan = SummaryPlan(6, snapshots=(-1, 0))
    experts, stages = plan.stages([4, 3])
    assert set(zip(experts.tolist(), stages.tolist(), strict=True)) == {
        (0, 0),
        (0, 3),
        (1, 0),
        (1, 2),
    }
    assert plan.describe() != SummaryPlan(6).describe()
    with pytest.raises(ValueError, match="`snapshots` must lie in"):
        SummaryPlan(2, snapshots=(4,)).stages([3])
