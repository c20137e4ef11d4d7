import dataclasses

import pytest

from keras_tgdd.evaluation import EvaluationResult
from keras_tgdd.evaluation import compare
from keras_tgdd.evaluation import pool
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


def test_names_the_networks_where_they_differ():
    first = dataclasses.replace(result(0.5), network="conv_net")
    second = dataclasses.replace(result(0.6), network="mlp")
    *_, one, two = compare({"a": first, "b": second}).splitlines()
    assert "| 1 conv_net |" in one and "| 1 mlp |" in two
    assert "conv_net" not in compare({"a": first, "b": first})


def test_refuses_different_protocols():
    results = {"a": result(0.5), "b": result(0.5, cutmix=0.5)}
    message = "Received: 'a' and 'b', which differ in cutmix: 0.0 / 0.5"
    with pytest.raises(ValueError, match=message):
        compare(results)


def test_a_name_is_part_of_a_protocol():
    with pytest.raises(ValueError, match="name: 'mine' / 'other'"):
        compare({"a": result(0.5), "b": result(0.5, name="other")})


def test_names_settings_that_only_one_protocol_has():
    plain, cosine = result(0.5), result(0.5, schedule="cosine")
    with pytest.raises(ValueError, match="schedule: None / 'cosine'"):
        compare({"a": plain, "b": cosine})
    with pytest.raises(ValueError, match="schedule: 'cosine' / None"):
        compare({"a": cosine, "b": plain})


def test_refuses_nothing():
    with pytest.raises(ValueError, match="no results"):
        compare({})


def test_pools_the_networks_of_several_draws():
    first = dataclasses.replace(
        result(0.5, 0.7), best_runs=(0.6, 0.7), confusion=((1, 2), (3, 4))
    )
    second = dataclasses.replace(
        result(0.9), best_runs=(1.0,), confusion=((1, 0), (0, 1))
    )
    pooled = pool([first, second])
    assert pooled.runs == (0.5, 0.7, 0.9)
    assert pooled.best_runs == (0.6, 0.7, 1.0)
    assert pooled.confusion == ((2, 2), (3, 5))
    assert pooled.seconds == 2.0
    mixed = pool([first, result(0.1)])
    assert mixed.confusion == () and mixed.best_runs == ()


def test_pools_nothing_that_differs():
    with pytest.raises(ValueError, match="no results"):
        pool([])
    with pytest.raises(ValueError, match="differ in cutmix"):
        pool([result(0.5), result(0.5, cutmix=0.5)])
    other = dataclasses.replace(result(0.5), num_images=7)
    with pytest.raises(ValueError, match="one `num_images`.*'100', '7'"):
        pool([result(0.5), other])
    other = dataclasses.replace(result(0.5), network="MLP")
    with pytest.raises(ValueError, match="one `network`.*'MLP', 'None'"):
        pool([result(0.5), other])
