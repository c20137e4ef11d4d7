import shutil

import numpy as np
import pytest

from keras_tgdd.storage.tensor_file import TensorFile
from keras_tgdd.trajectories.expert_files import ExpertReader
from keras_tgdd.trajectories.expert_files import ExpertWriter
from keras_tgdd.trajectories.expert_files import bytes_to_come
from keras_tgdd.trajectories.expert_files import check_same

# No backend takes part.
pytestmark = pytest.mark.once


DESCRIPTION = {
    "network": "{}",
    "weight_shapes": [(5,)],
    "feature_layer": None,
    "image_shape": (8, 8, 1),
    "num_classes": 2,
    "mean": [0.0],
    "std": [1.0],
    "class_names": None,
    "recipe": {"epochs": 2},
}


def record(directory, snapshots=3):
    writer = ExpertWriter(directory, 0, DESCRIPTION)
    for snapshot in range(snapshots):
        weights = np.full(5, snapshot, "float32")
        state = [np.array(snapshot), np.full((2, 2), 10.0 * snapshot)]
        writer.append(snapshot, weights, (0.1 * snapshot, np.nan), state)
    return writer


def test_snapshots_are_read_as_they_were_written(tmp_path):
    record(tmp_path).finish()
    reader = ExpertReader(tmp_path / "expert_000.safetensors")
    assert reader.num_snapshots == 3
    for snapshot in (0, 1, 2, -1):
        np.testing.assert_array_equal(reader.weights(snapshot), snapshot % 3)
    np.testing.assert_allclose(reader.accuracies[:, 0], [0.0, 0.1, 0.2])
    assert np.all(np.isnan(reader.accuracies[:, 1]))
    assert reader.description["image_shape"] == [8, 8, 1]


def test_names_in_files_are_those_of_former_versions(tmp_path):
    writer = record(tmp_path)
    assert sorted(p.name for p in writer.folder.iterdir()) == [
        "epoch_0000.safetensors",
        "epoch_0001.safetensors",
        "epoch_0002.safetensors",
        "state.safetensors",
    ]
    state = TensorFile(
        writer.folder / "state.safetensors", "keras_tgdd.expert_state"
    )
    assert sorted(state.keys()) == ["0000", "0001"]
    assert {"format", "epoch", "description"} <= state.metadata.keys()
    writer.finish()
    finished = TensorFile(writer.filepath, "keras_tgdd.expert")
    assert sorted(finished.keys()) == [
        "accuracies",
        "epoch_0000",
        "epoch_0001",
        "epoch_0002",
    ]
    assert {"format", "description"} <= finished.metadata.keys()


def test_finishing_leaves_one_file(tmp_path):
    writer = record(tmp_path)
    assert not writer.finished
    writer.finish()
    assert writer.finished
    assert [p.name for p in tmp_path.iterdir()] == ["expert_000.safetensors"]


def test_interrupted_training_resumes_from_the_last_state(tmp_path):
    record(tmp_path)
    writer = ExpertWriter(tmp_path, 0, DESCRIPTION)
    snapshot, weights, state = writer.resume()
    assert snapshot == 2
    np.testing.assert_array_equal(weights, np.full(5, 2.0))
    np.testing.assert_array_equal(state[0], 2)
    np.testing.assert_array_equal(state[1], np.full((2, 2), 20.0))


def test_nothing_to_resume(tmp_path):
    assert ExpertWriter(tmp_path, 0, DESCRIPTION).resume() is None


def test_resuming_under_other_conditions_is_refused(tmp_path):
    record(tmp_path)
    writer = ExpertWriter(tmp_path, 0, {**DESCRIPTION, "recipe": {"epochs": 9}})
    with pytest.raises(ValueError, match="recipe: stored .*2.*, now .*9"):
        writer.resume()


def test_equal_conditions_pass():
    check_same("path", DESCRIPTION, {**DESCRIPTION, "keras": "another"})


def test_bytes_to_come_are_those_of_the_last_merge(tmp_path, monkeypatch):
    """Measures a directory while three experts are recorded."""
    snapshots, weights = 4, 50_000
    largest = 0

    def measure():
        nonlocal largest
        sizes = [p.stat().st_size for p in tmp_path.rglob("*.safetensors")]
        largest = max(largest, sum(sizes))

    monkeypatch.setattr(ExpertWriter, "discard", lambda self: measure())
    discard = shutil.rmtree
    for index in range(3):
        writer = ExpertWriter(tmp_path, index, DESCRIPTION)
        for snapshot in range(snapshots):
            vector = np.zeros(weights, "float32")
            writer.append(snapshot, vector, (0.0, 0.0), [vector])
            if (index, snapshot) == (1, 2):
                come = bytes_to_come(tmp_path, [1, 2], snapshots, weights)
                present = sum(
                    p.stat().st_size for p in tmp_path.rglob("*.safetensors")
                )
        writer.finish()
        discard(writer.folder)
    expected = bytes_to_come(tmp_path / "empty", range(3), snapshots, weights)
    # The moment at which two states are on the disk is not measured.
    state, headers = 4 * weights, 50_000
    assert expected - state - headers <= largest <= expected - state + headers
    assert abs(present + come - expected) < headers
    assert bytes_to_come(tmp_path, [], snapshots, weights) == 0
