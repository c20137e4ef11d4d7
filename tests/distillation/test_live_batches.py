import keras
import numpy as np
import pytest

from keras_tgdd.datasets import TrainingData
from keras_tgdd.datasets.real_images import RealImages
from keras_tgdd.distillation import DistillationParts
from keras_tgdd.distillation.live_batches import LiveBatches
from keras_tgdd.layers import SyntheticImages
from keras_tgdd.trajectories import Trajectory
from keras_tgdd.trajectories.trajectory import NetworkDraw


def make(experts, data, seed=0, first_step=0, decoded=8, **changes):
    parts = DistillationParts(
        synthetic=SyntheticImages(3, decoded, (8, 8, 2), factor=1),
        trajectory=experts,
        **{"max_decoded": 8, "samples_per_class": 4, "region": 2, **changes},
    )
    return LiveBatches(
        parts,
        RealImages(TrainingData(*data)),
        seed=seed,
        first_step=first_step,
        num_steps=6,
    )


def same(a, b):
    leaves = (keras.tree.flatten(a), keras.tree.flatten(b))
    return all(np.array_equal(x, y) for x, y in zip(*leaves, strict=True))


def test_a_step_depends_on_seed_and_number_alone(experts, small_data):
    batches = make(experts, small_data)
    assert same(batches[3], make(experts, small_data)[3])
    assert same(batches[3], make(experts, small_data, first_step=2)[1])
    assert not same(batches[3], batches[2])
    assert not same(batches[3], make(experts, small_data, seed=1)[3])


def test_the_first_array_has_classes_first(experts, small_data):
    (inputs,) = make(experts, small_data)[0]
    assert len(keras.tree.flatten(inputs)[0]) == 3
    assert inputs["images"].shape == (3, 4, 8, 8, 2)
    assert inputs["weights"].shape == (experts.network.num_weights,)


def test_synthetic_images_are_subsampled_beyond_the_most(experts, small_data):
    (inputs,) = make(experts, small_data)[0]
    assert "selection" not in inputs
    (inputs,) = make(experts, small_data, decoded=20, max_decoded=8)[0]
    assert inputs["selection"].shape == (3, 8)
    for row in inputs["selection"]:
        assert len(set(row)) == 8 and 0 <= row.min() and row.max() < 20


def test_a_smaller_class_repeats_its_images_cyclically(experts, small_data):
    batches = make(experts, small_data, decoded=[4, 9, 6], max_decoded=8)
    drawn = [batches[step][0]["selection"] for step in range(6)]
    for selection in drawn:
        assert selection.shape == (3, 8)
        counts = [np.bincount(row, minlength=9) for row in selection]
        assert counts[0].tolist() == [2] * 4 + [0] * 5
        assert counts[1].max() == 1  # subsampled, as classes of one size are
        assert counts[2].max() == 2 and counts[2][6:].sum() == 0
    # Which images count twice is drawn again.
    twice = [tuple(np.bincount(s[2], minlength=6) == 2) for s in drawn]
    assert len(set(twice)) > 1


class Numbered(Trajectory):
    """Weights that say what was drawn, and a scale."""

    scales_constraint = True
    steps_per_network = 3

    class_names = None

    def __init__(self, experts):
        self.network = experts.network
        self.normalization = experts.normalization

    def draw(self, generator, region):
        number = generator.random()
        weights = np.full(self.network.num_weights, number)
        return NetworkDraw(weights, -weights, constraint_scale=2 * number)


def test_a_network_serves_as_many_steps_as_its_trajectory_says(
    experts, small_data
):
    batches = make(Numbered(experts), small_data)
    steps = [batches[step][0] for step in range(6)]
    drawn = [float(inputs["weights"][0]) for inputs in steps]
    assert len(set(drawn[:3])) == len(set(drawn[3:])) == 1
    assert drawn[0] != drawn[3]
    assert not np.array_equal(steps[0]["images"], steps[1]["images"])
    later = make(Numbered(experts), small_data, first_step=4)
    assert float(later[0][0]["weights"][0]) == drawn[4]


def test_a_trajectory_may_scale_the_constraint(experts, small_data):
    (inputs,) = make(Numbered(experts), small_data)[0]
    assert inputs["constraint_scale"].dtype == np.float32
    np.testing.assert_allclose(
        inputs["constraint_scale"], [2 * inputs["weights"][0]], rtol=1e-6
    )


@pytest.mark.parametrize(
    "changes", [{"region": 1}, {"constraint": None}, {"constraint_weight": 0.0}]
)
def test_one_network_is_given_where_one_is_read(experts, small_data, changes):
    (inputs,) = make(experts, small_data)[0]
    assert "constraint_weights" in inputs
    (inputs,) = make(experts, small_data, **changes)[0]
    assert "constraint_weights" not in inputs


def test_a_step_is_described_by_its_network(experts, small_data):
    batches = make(experts, small_data, first_step=3)
    for index in range(6):
        words = batches.describe(index).replace(",", "").split()
        expert, snapshot = int(words[1]), int(words[3])
        assert words[::2] == ["expert", "snapshot"]
        np.testing.assert_array_equal(
            batches[index][0]["weights"], experts.weights(expert, snapshot)
        )
