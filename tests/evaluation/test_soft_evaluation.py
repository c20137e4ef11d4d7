"""Training on soft labels, and keeping its results apart."""

import json

import numpy as np
import pytest
from support.networks import small_network

import keras_tgdd
from keras_tgdd import DistilledDataset
from keras_tgdd import evaluate
from keras_tgdd.evaluation import EvaluationResult
from keras_tgdd.evaluation import compare
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.evaluation import pool
from keras_tgdd.evaluation import relabel
from keras_tgdd.evaluation import select_images
from keras_tgdd.models.frozen_network import flat_weights
from keras_tgdd.training import TrainingRecipe

PROTOCOL = get_protocol("tgdd", epochs=4, flip=False)


def run(distilled, test_data, **changes):
    arguments = dict(
        network=small_network, protocol=PROTOCOL, num_runs=1, verbose=0
    )
    return evaluate(distilled, test_data, **{**arguments, **changes})


def result(labels="hard", **changes):
    protocol = TrainingRecipe("mine", epochs=8).to_dict()
    fields = dict(seed=3, num_images=12, seconds=2.0, labels=labels, **changes)
    return EvaluationResult((0.5,), protocol, **fields)


@pytest.fixture(scope="module")
def soft(experts, small_data):
    return relabel(select_images(small_data, 2, factor=2), experts, 4.0)


def trained_weights(distilled, test_data, **changes):
    """The result, and the weights that the network ends with."""
    networks = []

    def remembering(*arguments):
        networks.append(small_network(*arguments))
        return networks[-1]

    found = run(distilled, test_data, network=remembering, **changes)
    return found, flat_weights(networks[0])


def test_networks_are_trained_on_soft_labels_where_asked_for(soft, small_data):
    hard, on_hard = trained_weights(soft, small_data)
    found, on_soft = trained_weights(soft, small_data, soft_labels=True)
    assert hard.labels == "hard" and found.labels == "soft"
    assert 0.0 <= found.mean <= 1.0
    assert np.abs(on_soft - on_hard).max() > 1e-3
    assert str(found).endswith("24 images, soft labels)")
    assert "soft" not in str(hard)


def test_soft_labels_decide_what_is_learned(small_data):
    """Labels of the next class teach the next class."""
    x, y = small_data
    protocol = PROTOCOL.replace(epochs=100, learning_rate=0.05)
    turned = np.eye(3, dtype="float32")[(y + 1) % 3]
    distilled = DistilledDataset(
        (x / 255).astype("float32"), labels=y, soft_labels=turned
    )
    on_hard = run(distilled, small_data, protocol=protocol)
    on_soft = run(distilled, small_data, protocol=protocol, soft_labels=True)
    assert on_hard.mean > 0.7 > 0.4 > on_soft.mean
    confusion = np.array(on_soft.confusion)
    assert confusion[0].argmax() == 1 and confusion[1].argmax() == 2


def test_one_hot_soft_labels_train_bit_for_bit_as_hard_ones(small_data):
    hard = select_images(small_data, 2, factor=2)
    one_hot = np.eye(3)[hard.to_numpy()[1]]
    soft = DistilledDataset(
        hard.images,
        factor=2,
        normalization=hard.normalization,
        soft_labels=one_hot,
    )
    assert PROTOCOL.cutmix == 0.5 and PROTOCOL.augmentation
    first, on_hard = trained_weights(hard, small_data)
    second, on_soft = trained_weights(soft, small_data, soft_labels=True)
    np.testing.assert_array_equal(on_soft, on_hard)
    assert second.runs == first.runs and second.confusion == first.confusion


def test_sets_without_soft_labels_are_refused(small_data):
    distilled = select_images(small_data, 1)
    with pytest.raises(ValueError, match=r"relabel\(distilled, exp.*Dis"):
        run(distilled, small_data, soft_labels=True)
    with pytest.raises(ValueError, match="Received: tuple without soft"):
        run(small_data, small_data, soft_labels=True)
    labels = np.full((3, 3), 1 / 3)
    with pytest.raises(TypeError, match="True or False.*Received: ndarray"):
        run(distilled, small_data, soft_labels=labels)


def test_a_result_of_soft_labels_survives_json():
    stored = json.loads(json.dumps(result("soft").to_dict()))
    assert stored["labels"] == "soft"
    assert EvaluationResult.from_dict(stored).labels == "soft"
    with pytest.raises(ValueError, match="'hard' or 'soft'.*labels='warm'"):
        EvaluationResult.from_dict({**stored, "labels": "warm"})


def test_results_stored_before_are_on_hard_labels():
    stored = result().to_dict()
    del stored["labels"]
    again = EvaluationResult.from_dict(stored)
    assert again == result()
    # As it was before there was another kind.
    recipe = TrainingRecipe("mine", epochs=8)
    assert again.protocol_fingerprint == recipe.fingerprint
    assert result("soft").protocol_fingerprint != recipe.fingerprint


def test_tables_of_both_kinds_are_refused():
    message = "transfer the experts.*'a' on hard labels and 'b' on soft"
    with pytest.raises(ValueError, match=message):
        compare({"a": result(), "b": result("soft")})
    with pytest.raises(ValueError, match="hard and on soft labels are not"):
        pool([result("soft"), result()])
    table = compare({"a": result("soft"), "b": result("soft")})
    assert table.splitlines()[0].endswith("8 epochs, soft labels")
    assert "soft" not in compare({"a": result(), "b": result()})
    assert pool([result("soft"), result("soft")]).labels == "soft"


def test_a_report_keeps_them_in_tables_of_their_own(tmp_path):
    changes = dict(images_per_class=1, method="tgdd")
    results = {
        "plain": result(**changes),
        "plain, 2": result(**{**changes, "images_per_class": 2}),
        "taught": result("soft", **changes),
        "taught, 2": result("soft", **{**changes, "images_per_class": 2}),
    }
    keras_tgdd.report(results, tmp_path / "report.html")
    for name in ("report.html", "report.md"):
        text = (tmp_path / name).read_text()
        tables = text.split("Protocol ")[1:]
        assert len(tables) == 2
        assert "plain" in tables[0] and "taught" not in tables[0]
        heading = tables[1].splitlines()[0]
        assert "8 epochs, soft labels" in heading
        assert "soft" not in tables[0].splitlines()[0]
        assert "taught" in tables[1] and "are not comparable" in text
        assert "kept apart from results on hard labels" in " ".join(
            text.split()
        )
    pictures = [p.name for p in (tmp_path / "report_files").iterdir()]
    assert sum("soft_labels" in name for name in pictures) == 1
    assert len(pictures) == 2
    keras_tgdd.report({"plain": results["plain"]}, tmp_path / "report.html")
    assert "oft labels" not in (tmp_path / "report.html").read_text()


def test_finished_runs_of_other_labels_are_refused(
    soft, experts, small_data, tmp_path
):
    path = tmp_path / "runs.json"
    first = run(soft, small_data, soft_labels=True, filepath=path)
    kept = path.read_text()
    again = run(soft, small_data, soft_labels=True, filepath=path)
    assert again.runs == first.runs and again.labels == "soft"
    with pytest.raises(ValueError, match="Received: another kind of labels"):
        run(soft, small_data, filepath=path)
    cooler = relabel(soft, experts, 1.0)
    with pytest.raises(ValueError, match="Received: another soft labels"):
        run(cooler, small_data, soft_labels=True, filepath=path)
    assert path.read_text() == kept


def test_runs_finished_before_are_on_hard_labels(soft, small_data, tmp_path):
    path = tmp_path / "runs.json"
    first = run(soft, small_data, filepath=path)
    content = json.loads(path.read_text())
    del content["identity"]["kind of labels"]
    del content["results"][0]["labels"]
    path.write_text(json.dumps(content))
    again = run(soft, small_data, filepath=path)
    assert json.dumps(again.to_dict()) == json.dumps(first.to_dict())
    with pytest.raises(ValueError, match="Received: another kind of labels"):
        run(soft, small_data, soft_labels=True, filepath=path)
