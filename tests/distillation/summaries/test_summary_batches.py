import keras
import numpy as np
import pytest
from support.summaries import summarize

from keras_tgdd.distillation import DistillationParts
from keras_tgdd.distillation.summaries.summary_batches import SummaryBatches
from keras_tgdd.layers import SyntheticImages


@pytest.fixture
def summaries(experts, small_data, tmp_path):
    return summarize(experts, small_data, tmp_path)


def make(
    summaries, experts, entries=np.arange(5), seed=0, first_step=0, **changes
):
    parts = DistillationParts(
        synthetic=SyntheticImages(3, 8, (8, 8, 2), factor=1),
        trajectory=experts,
        **{"max_decoded": 8, "region": 2, **changes},
    )
    return SummaryBatches(
        parts,
        summaries,
        entries,
        seed=seed,
        first_step=first_step,
        num_steps=12,
    )


def same(a, b):
    leaves = (keras.tree.flatten(a), keras.tree.flatten(b))
    return all(np.array_equal(x, y) for x, y in zip(*leaves, strict=True))


def test_every_entry_is_used_once_a_round(summaries, experts):
    batches = make(summaries, experts)
    means = [
        inputs["summary"]["mean"]
        for (inputs,) in map(batches.__getitem__, range(10))
    ]
    for round_ in (means[:5], means[5:]):
        used = {mean.tobytes() for mean in round_}
        assert used == {mean.tobytes() for mean in summaries.values["mean"]}


def test_summary_draw_and_weights_belong_together(summaries, experts):
    (inputs,) = make(summaries, experts)[3]
    entry = next(
        entry
        for entry in range(5)
        if np.array_equal(
            summaries.values["mean"][entry], inputs["summary"]["mean"]
        )
    )
    expert, stage = summaries.experts[entry], summaries.stages[entry]
    np.testing.assert_array_equal(
        inputs["weights"], experts.weights(expert, stage)
    )
    later = [experts.weights(expert, k) for k in (stage, min(stage + 1, 3))]
    assert any(np.array_equal(inputs["constraint_weights"], w) for w in later)
    assert same(inputs["augmentation"], summaries.entry(entry)[0])
    # Keras takes the first axis, that of classes, as the batch axis.
    assert len(keras.tree.flatten(inputs)[0]) == 3


def test_a_step_depends_on_seed_and_number_alone(summaries, experts):
    batches = make(summaries, experts)
    assert same(batches[7], make(summaries, experts, first_step=4)[3])
    order = [batches[step][0]["summary"]["mean"] for step in range(5)]
    other = make(summaries, experts, seed=1)
    assert any(
        not np.array_equal(mean, other[step][0]["summary"]["mean"])
        for step, mean in enumerate(order)
    )


def test_only_the_entries_given_are_used(summaries, experts):
    batches = make(summaries, experts, entries=np.array([1, 4]))
    used = {batches[step][0]["summary"]["mean"].tobytes() for step in range(12)}
    assert used == {summaries.values["mean"][i].tobytes() for i in (1, 4)}


def test_one_snapshot_and_selection(summaries, experts):
    (inputs,) = make(summaries, experts, region=1, max_decoded=6)[0]
    assert "constraint_weights" not in inputs
    assert inputs["selection"].shape == (3, 6)


def test_a_step_is_described_by_its_snapshot(summaries, experts):
    batches = make(summaries, experts, first_step=2)
    for index in range(5):
        words = batches.describe(index).replace(",", "").split()
        expert, snapshot = int(words[1]), int(words[3])
        assert words[::2] == ["expert", "snapshot"]
        np.testing.assert_array_equal(
            batches[index][0]["weights"], experts.weights(expert, snapshot)
        )
