import keras
import numpy as np
import pytest
from support.networks import small_network
from support.networks import softmax_network

import keras_tgdd
from keras_tgdd import TrajectoryRecorder
from keras_tgdd.models.frozen_network import flat_weights


def fit(network, data, recorder, **arguments):
    x, y = data
    from_logits = network.layers[-1].activation is not (
        keras.activations.softmax
    )
    network.compile(
        keras.optimizers.SGD(0.01, momentum=0.9),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits),
        metrics=["accuracy"],
    )
    network.fit(
        x / np.float32(255),
        y,
        callbacks=[recorder],
        shuffle=False,
        verbose=0,
        **arguments,
    )


def test_records_a_users_own_fit_from_epoch_0(small_data, tmp_path):
    network = softmax_network((8, 8, 2), 3)
    start = flat_weights(network)
    recorder = TrajectoryRecorder(tmp_path, feature_layer="pooled")
    fit(network, small_data, recorder, epochs=2, validation_data=None)
    trajectories = keras_tgdd.ExpertTrajectories.load(tmp_path)
    assert trajectories.num_snapshots(0) == 3
    np.testing.assert_array_equal(trajectories.weights(0, 0), start)
    np.testing.assert_array_equal(
        trajectories.weights(0, -1), flat_weights(network)
    )
    assert trajectories.network.feature_layer == "pooled"
    np.testing.assert_array_equal(trajectories.mean, [0.0, 0.0])
    np.testing.assert_array_equal(trajectories.std, [1.0, 1.0])
    assert np.all(trajectories.accuracies(0)[1:, 0] > 0)


def test_several_experts_share_a_directory(small_data, tmp_path):
    for expert in range(2):
        network = small_network((8, 8, 2), 3)
        recorder = TrajectoryRecorder(tmp_path, expert=expert)
        fit(network, small_data, recorder, epochs=1)
    assert keras_tgdd.ExpertTrajectories.load(tmp_path).num_experts == 2


def test_early_stopping_completes_the_expert(small_data, tmp_path):
    class StopAfterOne(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    x, y = small_data
    network = small_network((8, 8, 2), 3)
    network.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    network.fit(
        x / np.float32(255),
        y,
        epochs=5,
        callbacks=[TrajectoryRecorder(tmp_path), StopAfterOne()],
        verbose=0,
    )
    assert keras_tgdd.ExpertTrajectories.load(tmp_path).num_snapshots(0) == 2


def test_a_complete_expert_is_not_overwritten(small_data, tmp_path):
    fit(
        small_network((8, 8, 2), 3),
        small_data,
        TrajectoryRecorder(tmp_path),
        epochs=1,
    )
    with pytest.raises(FileExistsError, match="Expert 0 is already complete"):
        fit(
            small_network((8, 8, 2), 3),
            small_data,
            TrajectoryRecorder(tmp_path),
            epochs=1,
        )


def test_leftovers_of_a_killed_run_are_replaced(small_data, tmp_path):
    leftover = tmp_path / "expert_000.partial"
    leftover.mkdir()
    (leftover / "epoch_0009.safetensors").write_bytes(b"old")
    recorder = TrajectoryRecorder(tmp_path)
    fit(small_network((8, 8, 2), 3), small_data, recorder, epochs=1)
    assert keras_tgdd.ExpertTrajectories.load(tmp_path).num_snapshots(0) == 2


def test_unwritable_directory_is_refused_at_once(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(OSError, match="Cannot write to directory"):
        TrajectoryRecorder(tmp_path / "file" / "experts")
