"""A `fit` in parts, between which the networks of a trajectory change."""

import keras
import numpy as np
import pytest
from support.crashes import Crash
from support.crashes import Stop
from support.distillations import fit
from support.distillations import pixels

import keras_tgdd
from keras_tgdd import DistillationCheckpoint
from keras_tgdd import Progress
from keras_tgdd.models import FrozenNetwork
from keras_tgdd.trajectories import Trajectory
from keras_tgdd.trajectories.trajectory import NetworkDraw


class Watching(keras.callbacks.Callback):
    """Notes what it is told."""

    def __init__(self):
        super().__init__()
        self.told = []

    def on_train_begin(self, logs=None):
        self.told.append("begin")

    def on_epoch_begin(self, epoch, logs=None):
        self.told.append(f"epoch {epoch}")

    def on_train_batch_begin(self, batch, logs=None):
        self.told.append(batch)

    def on_epoch_end(self, epoch, logs=None):
        self.told.append(f"end of epoch {epoch}")

    def on_train_end(self, logs=None):
        self.told.append("end")


class Refreshed(Trajectory):
    """Weights that change every few steps, and a note of when."""

    class_names = None

    def __init__(self, steps_per_refresh):
        keras.utils.set_random_seed(1)
        network = keras.Sequential(
            [
                keras.Input((8, 8, 2)),
                keras.layers.Flatten(data_format="channels_last"),
                keras.layers.Dense(3),
            ]
        )
        self.network = FrozenNetwork(network)
        self.normalization = keras_tgdd.Normalization().for_channels(2)
        self.first = self.network.flat_weights()
        self.steps_per_refresh = steps_per_refresh
        self.refreshed = []

    def refresh(self, number):
        self.refreshed.append(number)

    def draw(self, generator, region):
        number = self.refreshed[-1] if self.refreshed else 0
        weights = self.first * np.float32(1 + 0.5 * number)
        return NetworkDraw(weights, weights)


def make(trajectory):
    synthetic = keras_tgdd.layers.SyntheticImages(3, 1, (8, 8, 2))
    trainer = keras_tgdd.DistillationTrainer(
        synthetic, trajectory, region=1, samples_per_class=2
    )
    trainer.compile(keras.optimizers.SGD(0.01))
    return trainer


def test_callbacks_see_one_fit_whatever_its_parts(small_data):
    trajectory = Refreshed(3)
    trainer = make(trajectory)
    watching, whole = Watching(), Watching()
    parts = fit(trainer, small_data, watching)
    # Before steps 0, 3, 4, 6, 8 and 9.
    assert trajectory.refreshed == [0, 1, 1, 2, 2, 3]
    one = fit(make(Refreshed(None)), small_data, whole)
    assert watching.told == whole.told
    assert parts.epoch == one.epoch == [0, 1, 2]
    assert parts.params == one.params
    assert parts is trainer.history and parts.history.keys() == (
        one.history.keys()
    )


def test_metrics_of_an_epoch_are_the_mean_over_its_steps(small_data):
    def losses(steps_per_epoch, epochs):
        trainer = make(Refreshed(3))
        return fit(
            trainer,
            small_data,
            epochs=epochs,
            steps_per_epoch=steps_per_epoch,
        ).history["loss"]

    single = np.reshape(losses(1, 8), (2, 4))
    np.testing.assert_allclose(losses(4, 2), single.mean(axis=1), rtol=1e-5)


def test_steps_of_a_second_fit_are_counted_on(small_data):
    whole, parts = make(Refreshed(3)), make(Refreshed(3))
    fit(whole, small_data, epochs=2, steps_per_epoch=5)
    fit(parts, small_data, epochs=1, steps_per_epoch=5)
    fit(parts, small_data, epochs=1, steps_per_epoch=5)
    np.testing.assert_array_equal(pixels(whole), pixels(parts))
    other = make(Refreshed(None))
    fit(other, small_data, epochs=2, steps_per_epoch=5)
    assert np.any(pixels(other) != pixels(whole))


@pytest.mark.parametrize("steps", [2, 5])
def test_resumes_with_the_networks_of_its_step(small_data, tmp_path, steps):
    path = tmp_path / "state.safetensors"
    whole = make(Refreshed(3))
    fit(whole, small_data)
    with pytest.raises(Stop):
        checkpoint = DistillationCheckpoint(path, seconds=0)
        fit(make(Refreshed(3)), small_data, checkpoint, Crash(steps))
    trajectory, watching = Refreshed(3), Watching()
    again = make(trajectory)
    checkpoint = DistillationCheckpoint(path)
    history = fit(again, small_data, checkpoint, watching)
    assert trajectory.refreshed[0] == steps // 3
    assert again.num_steps == 12
    np.testing.assert_array_equal(pixels(again), pixels(whole))
    epochs = list(range(steps // 4, 3))
    assert history.epoch == epochs
    batches = [told for told in watching.told if isinstance(told, int)]
    assert batches == [step % 4 for step in range(steps, 12)]


def test_a_stop_within_an_epoch_ends_it(small_data):
    trainer, watching = make(Refreshed(3)), Watching()
    stop = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: setattr(
            trainer, "stop_training", batch == 1
        )
    )
    history = fit(trainer, small_data, stop, watching)
    assert trainer.num_steps == 2 and history.epoch == [0]
    assert watching.told == ["begin", "epoch 0", 0, 1, "end of epoch 0", "end"]


def test_an_automatic_end_is_found_at_ends_of_epochs(small_data):
    trainer = make(Refreshed(3))
    trainer.compile(keras.optimizers.SGD(0.0))
    trajectory = trainer.parts.trajectory
    history = fit(trainer, small_data, epochs="auto", steps_per_epoch=2)
    held_out = history.history["val_loss"]
    assert len(held_out) == len(history.history["loss"]) == len(history.epoch)
    assert trainer.num_steps == 2 * len(history.epoch)
    # Nothing gets better where nothing moves but the networks.
    assert trajectory.refreshed[-1] <= 4


def test_bars_continue(small_data, capsys):
    fit(make(Refreshed(3)), small_data, Progress("distillation"))
    assert "12/12" in capsys.readouterr().err
    fit(make(Refreshed(3)), small_data, verbose=2)
    shown = capsys.readouterr().out
    assert shown.count("Epoch") == 3 and "4/4" in shown


def test_a_failure_is_found_under_the_networks_it_had(small_data):
    class Growing(Refreshed):
        def draw(self, generator, region):
            weights = super().draw(generator, region).weights
            if self.refreshed and self.refreshed[-1] == 1:
                weights = weights * np.float32(np.nan)
            return NetworkDraw(weights, weights)

    with pytest.raises(FloatingPointError, match="failed at step 4.*at step 3"):
        fit(make(Growing(3)), small_data)


def test_an_estimate_finds_networks_at_hand(small_data):
    trajectory = Refreshed(3)
    trainer = make(trajectory)
    assert trainer.estimate(*small_data, steps=5).steps == 5
    assert trajectory.refreshed == [0]
