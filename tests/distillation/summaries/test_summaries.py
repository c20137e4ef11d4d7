import numpy as np
import pytest
from support.summaries import split
from support.summaries import summarize

import keras_tgdd
from keras_tgdd.distillation.summaries import Summaries
from keras_tgdd.objectives import ClassMeanMatching


def test_two_halves_merged_equal_the_whole(experts, small_data, tmp_path):
    whole = summarize(experts, small_data, tmp_path)
    first, second = (
        summarize(experts, half, tmp_path) for half in split(*small_data)
    )
    merged = first.merge(second)
    np.testing.assert_array_equal(merged.values["count"], whole.values["count"])
    np.testing.assert_allclose(
        merged.values["mean"], whole.values["mean"], atol=1e-6
    )
    assert len(merged.description["data"]) == 2


def test_a_part_may_lack_a_class(experts, small_data, tmp_path):
    x, y = small_data
    whole = summarize(experts, small_data, tmp_path)
    parts = [
        summarize(experts, (x[part], y[part]), tmp_path)
        for part in (y == 1, y != 1)
    ]
    np.testing.assert_array_equal(parts[0].values["count"][0], [0, 12, 0])
    merged = parts[0].merge(parts[1])
    np.testing.assert_allclose(
        merged.values["mean"], whole.values["mean"], atol=1e-6
    )


def test_what_does_not_belong_together_is_not_merged(
    experts, small_data, tmp_path
):
    first, second = split(*small_data)
    one = summarize(experts, first, tmp_path)
    with pytest.raises(ValueError, match="disjoint parts"):
        one.merge(one)
    other = summarize(experts, second, tmp_path, plan=6)
    with pytest.raises(ValueError, match=r"same plan.*plan: \[5, 0\] and"):
        one.merge(other)

    class Whole(ClassMeanMatching):
        merge = keras_tgdd.objectives.Objective.merge

    with pytest.raises(TypeError, match="cannot be merged"):
        one.merge(summarize(experts, second, tmp_path), Whole())


def test_round_through_a_file(experts, small_data, tmp_path):
    summaries = summarize(experts, small_data, tmp_path / "made")
    summaries.save(tmp_path / "s.safetensors")
    loaded = Summaries.load(tmp_path / "s.safetensors")
    assert loaded.description == summaries.description
    np.testing.assert_array_equal(loaded.stages, summaries.stages)
    np.testing.assert_array_equal(loaded.experts, summaries.experts)
    for entry in range(len(loaded)):
        for left, right in zip(loaded.entry(entry), summaries.entry(entry)):
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
        Summaries.load(experts._readers[0].filepath)
