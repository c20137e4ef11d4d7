import keras
import numpy as np
import pytest
from keras import ops
from support.summaries import split
from support.summaries import summarize

from keras_tgdd.distillation.summaries import Summaries
from keras_tgdd.objectives import CharacteristicFunctionMatching
from keras_tgdd.objectives import ClassMeanMatching
from keras_tgdd.objectives import CovarianceMatching
from keras_tgdd.objectives import Objective
from keras_tgdd.objectives import RandomFeatureMatching


@keras.saving.register_keras_serializable(package="tests", name="renamed")
class Powers(Objective):
    """Means of powers of features; a sum is what adds up."""

    def __init__(self, power):
        self.power = power

    def summarize(self, features, sample_weight=None):
        if sample_weight is None:
            sample_weight = ops.ones(features.shape[:2])
        powers = features**self.power * sample_weight[:, :, None]
        return {
            "total": ops.sum(powers, axis=1),
            "number": ops.sum(sample_weight, axis=1),
        }

    def compare(self, summary, features):
        mean = summary["total"] / summary["number"][:, None]
        gap = mean - ops.mean(features**self.power, axis=1)
        return ops.sum(ops.square(gap), axis=-1)

    def merge(self, first, second):
        return keras.tree.map_structure(ops.add, first, second)

    def get_config(self):
        return {"power": self.power}


@keras.saving.register_keras_serializable(package="tests")
class Unmerged(ClassMeanMatching):
    merge = Objective.merge


class NotRegistered(ClassMeanMatching):
    pass


def assert_close(merged, whole):
    assert merged.values.keys() == whole.values.keys()
    for key, value in whole.values.items():
        np.testing.assert_allclose(
            merged.values[key], value, rtol=1e-4, atol=1e-6, err_msg=key
        )


@pytest.mark.parametrize(
    "objective",
    [
        ClassMeanMatching(),
        CharacteristicFunctionMatching(num_frequencies=7, seed=2),
        RandomFeatureMatching(2.0, bandwidths=(0.5, 1.0), num_features=12),
        Powers(2),
    ],
    ids=lambda objective: type(objective).__name__,
)
@pytest.mark.parametrize("stored", [False, True])
def test_two_halves_merged_equal_the_whole(
    experts, small_data, tmp_path, objective, stored
):
    whole, *halves = (
        summarize(experts, data, tmp_path / "made", objective=objective)
        for data in (small_data, *split(*small_data))
    )
    if stored:
        for number, half in enumerate(halves):
            half.save(tmp_path / f"{number}.safetensors")
            halves[number] = Summaries.load(tmp_path / f"{number}.safetensors")
    first, second = halves
    # What tells the halves apart is more than the tolerance.
    assert any(
        np.abs(first.values[key] - value).max() > 1e-2
        for key, value in whole.values.items()
    )
    merged = first.merge(second)
    assert_close(merged, whole)
    assert_close(second.merge(first), whole)
    assert merged.description["data"] == sorted(
        first.description["data"] + second.description["data"]
    )
    assert type(merged.objective) is type(objective)
    assert merged.objective.get_config() == objective.get_config()


def test_a_part_may_lack_a_class(experts, small_data, tmp_path):
    x, y = small_data
    whole = summarize(experts, small_data, tmp_path)
    parts = [
        summarize(experts, (x[part], y[part]), tmp_path)
        for part in (y == 1, y != 1)
    ]
    np.testing.assert_array_equal(parts[0].values["count"][0], [0, 12, 0])
    assert_close(parts[0].merge(parts[1]), whole)


def test_what_does_not_belong_together_is_not_merged(
    experts, small_data, tmp_path
):
    first, second = split(*small_data)
    one = summarize(experts, first, tmp_path)
    with pytest.raises(ValueError, match="disjoint parts"):
        one.merge(one)
    for changes, message in [
        ({"plan": 6}, r"same plan.*plan: stored \[5, 0\], now \[6, 0\]"),
        ({"samples_per_class": 3}, "samples_per_class: stored None, now 3"),
        ({"objective": Powers(2)}, "objective: stored"),
    ]:
        other = summarize(experts, second, tmp_path, **changes)
        with pytest.raises(ValueError, match=message):
            one.merge(other)


def test_summaries_that_do_not_add_up_are_not_merged(
    experts, small_data, tmp_path
):
    one, other = (
        summarize(experts, half, tmp_path, objective=Unmerged())
        for half in split(*small_data)
    )
    with pytest.raises(TypeError, match="Unmerged cannot be merged"):
        one.merge(other)


def test_an_objective_must_be_registered_to_be_found_again(
    experts, small_data, tmp_path
):
    one, other = (
        summarize(experts, half, tmp_path, objective=NotRegistered())
        for half in split(*small_data)
    )
    with pytest.raises(ValueError, match="registered.*'NotRegistered'"):
        one.merge(other)


def test_a_name_of_another_kind_of_object_is_no_objective(
    experts, small_data, tmp_path
):
    made = summarize(experts, small_data, tmp_path)
    for name in ("SiameseAugmentation", "Normalization", "Objective", "nobody"):
        made.description["objective"] = [name, {}]
        with pytest.raises(ValueError, match=f"registered.*objective='{name}'"):
            made.objective
    made.description["objective"] = ["CovarianceMatching", {}]
    assert isinstance(made.objective, CovarianceMatching)


def test_round_through_a_file(experts, small_data, tmp_path):
    summaries = summarize(experts, small_data, tmp_path / "made")
    summaries.save(tmp_path / "s.safetensors")
    loaded = Summaries.load(tmp_path / "s.safetensors")
    assert loaded.description == summaries.description
    np.testing.assert_array_equal(loaded.stages, summaries.stages)
    np.testing.assert_array_equal(loaded.experts, summaries.experts)
    for entry in range(len(loaded)):
        pairs = zip(loaded.entry(entry), summaries.entry(entry), strict=True)
        for left, right in pairs:
            assert left.keys() == right.keys()
            for key in left:
                np.testing.assert_array_equal(left[key], right[key])


def test_damaged_files_are_refused(experts, small_data, tmp_path):
    path = tmp_path / "s.safetensors"
    with pytest.raises(FileNotFoundError, match="No file"):
        Summaries.load(path)
    summarize(experts, small_data, tmp_path / "made").save(path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match="truncated"):
        Summaries.load(path)
    with pytest.raises(ValueError, match="must be a 'keras_tgdd.summaries'"):
        Summaries.load(experts.directory / "expert_000.safetensors")
