import pytest

from keras_tgdd.evaluation import EvaluationResult
from keras_tgdd.evaluation import compare
from keras_tgdd.training import TrainingRecipe


def result(*runs, **changes):
    protocol = TrainingRecipe("mine", epochs=3).replace(**changes)
    return EvaluationResult(runs, protocol.to_dict(), 0, 100, 1.0)


def test_a_table_of_one_protocol():
    lines = compare({"random": result(0.5, 0.7), "ours": result(0.8)})
    first, _, *table = lines.splitlines()
    assert first.startswith("Protocol `mine` (") and "3 epochs" in first
    assert table[2:] == [
        "| random | 60.0 ± 10.0 | 2 | 100 |",
        "| ours | 80.0 ± 0.0 | 1 | 100 |",
    ]


def test_refuses_different_protocols():
    results = {"a": result(0.5), "b": result(0.5, cutmix=0.5)}
    message = "Received: 'a' and 'b', which differ in cutmix: 0.0 / 0.5"
    with pytest.raises(ValueError, match=message):
        compare(results)


def test_a_name_is_part_of_a_protocol():
    with pytest.raises(ValueError, match="name: 'mine' / 'other'"):
        compare({"a": result(0.5), "b": result(0.5, name="other")})


def test_refuses_nothing():
    with pytest.raises(ValueError, match="no results"):
        compare({})
