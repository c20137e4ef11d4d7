import keras
import numpy as np
import pytest
from support.networks import small_network
from support.networks import softmax_network

import keras_tgdd
from keras_tgdd import Normalization
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


def test_records_any_fit_from_the_initial_weights(small_data, tmp_path):
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
    assert trajectories.normalization == Normalization().for_channels(2)
    assert trajectories.class_names is None
    assert np.all(trajectories.accuracies(0)[1:, 0] > 0)


def test_normalization_names_and_other_entries_are_stored(small_data, tmp_path):
    recorder = TrajectoryRecorder(
        tmp_path,
        normalization=Normalization(0.25, [0.5, 0.75]),
        class_names=np.array(["dark", "medium", "bright"]),
        description={"author": "me"},
    )
    fit(small_network((8, 8, 2), 3), small_data, recorder, epochs=1)
    experts = keras_tgdd.ExpertTrajectories.load(tmp_path)
    assert experts.normalization == Normalization([0.25, 0.25], [0.5, 0.75])
    assert experts.class_names == ("dark", "medium", "bright")
    assert experts.description["author"] == "me"


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        (
            {"normalization": Normalization([0.1, 0.2, 0.3])},
            ValueError,
            "each of 2 channels",
        ),
        ({"normalization": 0.5}, TypeError, "`normalization` must be"),
        ({"class_names": ("dark", "bright")}, ValueError, "one name per class"),
        ({"feature_layer": "pool_9"}, ValueError, "feature_layer='pool_9'"),
    ],
)
def test_what_does_not_fit_the_network_is_refused(
    tmp_path, arguments, error, message
):
    network = small_network((8, 8, 2), 3)
    with pytest.raises(error, match=message):
        TrajectoryRecorder(tmp_path, network=network, **arguments)
    assert not any(tmp_path.iterdir())


class Interrupted(Exception):
    pass


class InterruptAfter(keras.callbacks.Callback):
    """Ends a `fit` after some epochs; after 0 epochs, in the first one."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epochs:
            raise Interrupted


def fit_resumed(data, directory, *callbacks, momentum=0.9):
    """Three epochs of one network, or the rest of them."""
    keras.utils.set_random_seed(1)
    network = small_network((8, 8, 2), 3)
    recorder = TrajectoryRecorder(directory, network=network, resume=True)
    network.compile(
        keras.optimizers.SGD(0.01, momentum=momentum),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    x, y = data
    network.fit(
        x / np.float32(255),
        y,
        epochs=3,
        initial_epoch=recorder.initial_epoch,
        callbacks=[recorder, *callbacks],
        shuffle=False,
        verbose=0,
    )
    return keras_tgdd.ExpertTrajectories.load(directory)


@pytest.mark.parametrize("epochs", [0, 1])
def test_an_interrupted_fit_resumes_with_its_optimizer(
    small_data, tmp_path, epochs
):
    whole = fit_resumed(small_data, tmp_path / "whole")
    with pytest.raises(Interrupted):
        fit_resumed(small_data, tmp_path / "parts", InterruptAfter(epochs))
    parts = fit_resumed(small_data, tmp_path / "parts")
    for snapshot in range(4):
        np.testing.assert_array_equal(
            parts.weights(0, snapshot), whole.weights(0, snapshot)
        )


def test_resuming_with_another_optimizer_is_refused(small_data, tmp_path):
    with pytest.raises(Interrupted):
        fit_resumed(small_data, tmp_path, InterruptAfter(1))
    with pytest.raises(ValueError, match="another optimizer.*Received: an opt"):
        fit_resumed(small_data, tmp_path, momentum=0.0)


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
