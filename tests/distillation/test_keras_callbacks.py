"""Keras' own callbacks beside a distillation: what works, and what not."""

import csv

import keras
import numpy as np
import pytest
from support.crashes import Crash
from support.crashes import Stop
from support.distillations import fit
from support.distillations import make
from support.distillations import pixels

from keras_tgdd import DistillationCheckpoint

METRICS = {"loss", "matching", "constraint"}


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_csv_logger_writes_a_row_an_epoch(experts, small_data, tmp_path):
    path = tmp_path / "log.csv"
    history = fit(
        make(experts, small_data), small_data, keras.callbacks.CSVLogger(path)
    ).history
    written = rows(path)
    assert [row["epoch"] for row in written] == ["0", "1", "2"]
    for name in METRICS:
        np.testing.assert_allclose(
            [float(row[name]) for row in written], history[name]
        )


def test_csv_logger_continues_where_it_appends(experts, small_data, tmp_path):
    path = tmp_path / "log.csv"

    def callbacks():
        yield keras.callbacks.CSVLogger(path, append=True)
        yield DistillationCheckpoint(tmp_path / "state.safetensors", seconds=0)

    with pytest.raises(Stop):
        fit(make(experts, small_data), small_data, *callbacks(), Crash(6))
    fit(make(experts, small_data), small_data, *callbacks())
    assert [row["epoch"] for row in rows(path)] == ["0", "1", "2"]


def events(directory):
    accumulators = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    accumulator = accumulators.EventAccumulator(
        str(directory), {"tensors": 0, "images": 0}
    )
    accumulator.Reload()
    return accumulator


def scalars(accumulator, name):
    """Steps and values under a name."""
    from tensorboard.util import tensor_util

    found = accumulator.Tensors(name)
    values = [tensor_util.make_ndarray(e.tensor_proto).item() for e in found]
    return [event.step for event in found], values


@pytest.fixture
def tensorboard():
    pytest.importorskip("tensorboard")
    pytest.importorskip("tensorflow")
    return keras.callbacks.TensorBoard


def test_tensorboard_writes_metrics(experts, small_data, tmp_path, tensorboard):
    trainer = make(experts, small_data)
    callback = tensorboard(
        tmp_path, update_freq="batch", write_steps_per_second=True
    )
    history = fit(trainer, small_data, callback).history
    written = events(tmp_path / "train")
    for name in METRICS:
        steps, values = scalars(written, f"epoch_{name}")
        assert steps == [0, 1, 2]
        np.testing.assert_allclose(values, history[name], rtol=1e-6)
        steps, values = scalars(written, f"batch_{name}")
        assert steps == list(range(1, 13)) and np.all(np.isfinite(values))
    # Keras 3.10 writes a speed of 0 on PyTorch.
    assert scalars(written, "epoch_steps_per_second")[0] == [0, 1, 2]


def test_tensorboard_writes_histograms(
    experts, small_data, tmp_path, tensorboard
):
    fit(
        make(experts, small_data),
        small_data,
        tensorboard(tmp_path, histogram_freq=1),
    )
    tags = events(tmp_path / "train").Tags()["tensors"]
    assert any(tag.endswith("images/histogram") for tag in tags)


def test_tensorboard_profiles_where_the_backend_can(tmp_path, tensorboard):
    if keras.backend.backend() == "torch":
        with pytest.raises(ValueError, match="not yet available"):
            tensorboard(tmp_path, profile_batch=2)


def test_model_checkpoint_keeps_images_and_optimizer(
    experts, small_data, tmp_path
):
    trainer = make(experts, small_data)
    path = tmp_path / "epoch_{epoch}.weights.h5"
    checkpoint = keras.callbacks.ModelCheckpoint(path, save_weights_only=True)
    fit(trainer, small_data, checkpoint)
    assert len(list(tmp_path.iterdir())) == 3
    again = make(experts, small_data)
    again.optimizer.build(again.trainable_variables)
    again.load_weights(tmp_path / "epoch_3.weights.h5")
    assert again.num_steps == 12
    np.testing.assert_array_equal(pixels(again), pixels(trainer))
    fit(trainer, small_data)
    fit(again, small_data)
    np.testing.assert_array_equal(pixels(again), pixels(trainer))


def test_backup_and_restore_resumes_with_an_epoch_but_other_draws(
    experts, small_data, tmp_path
):
    """What `DistillationCheckpoint` is for."""

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    whole = make(experts, small_data)
    fit(whole, small_data)
    with pytest.raises(Stop):
        fit(make(experts, small_data), small_data, backup(), Crash(6))
    trainer = make(experts, small_data)
    history = fit(trainer, small_data, backup())
    # Two steps of the second epoch are made once more.
    assert history.epoch == [1, 2] and trainer.num_steps == 12
    assert np.any(pixels(trainer) != pixels(whole))
