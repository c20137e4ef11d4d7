import keras
import numpy as np
import pytest
from support import distillations
from support.crashes import Crash
from support.crashes import Stop

from keras_tgdd import DistillationCheckpoint
from keras_tgdd import Progress
from keras_tgdd.training import progress as progress_module


def fit(progress, epochs=2, initial_epoch=0):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(
        np.ones((6, 2)),
        np.ones((6, 1)),
        batch_size=2,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=[progress],
        verbose=0,
    )


@pytest.mark.parametrize("initial_epoch", [0, 1])
def test_one_bar_spans_all_epochs(capsys, initial_epoch):
    fit(Progress("expert 1/5"), initial_epoch=initial_epoch)
    shown = capsys.readouterr().err
    assert "expert 1/5" in shown and "6/6" in shown and "loss=" in shown


def test_silent(capsys):
    fit(Progress("expert", verbose=0))
    assert capsys.readouterr().err == ""


def distil(experts, data, *callbacks):
    return distillations.fit(
        distillations.make(experts, data), data, *callbacks
    )


@pytest.fixture
def bars(monkeypatch):
    """All bars that are drawn."""
    made = []

    class Bar(progress_module.tqdm):
        def __init__(self, *arguments, **given):
            made.append(self)
            super().__init__(*arguments, **given)

    monkeypatch.setattr(progress_module, "tqdm", Bar)
    return made


@pytest.mark.parametrize("first", [None, 6])
def test_one_bar_spans_all_parts_of_a_distillation(
    experts, small_data, tmp_path, capsys, bars, first
):
    path = tmp_path / "state.safetensors"
    if first:
        checkpoint = DistillationCheckpoint(path, seconds=0)
        parts = checkpoint, Progress("first"), Crash(6)
        with pytest.raises(Stop):
            distil(experts, small_data, *parts)
        assert [bar.disable for bar in bars] == [True]  # closed
        bars.clear()
        capsys.readouterr()
    progress = Progress("distillation")
    distil(experts, small_data, DistillationCheckpoint(path), progress)
    (bar,) = bars
    assert (bar.initial, bar.n, bar.total) == (first or 0, 12, 12)
    shown = capsys.readouterr().err
    assert "12/12" in shown and "loss=" in shown
    # The callback may be used again, for another `fit`.
    fit(progress)
    assert len(bars) == 2 and bars[1].total == 6


def test_without_a_terminal_a_line_is_written_every_half_minute(
    capsys, monkeypatch
):
    now = 1000.0
    monkeypatch.setattr("tqdm.std.time", lambda: now)
    progress = Progress("expert")
    progress.set_params({"steps": 60, "epochs": 1})
    progress.on_epoch_begin(0)
    for _ in range(60):
        now += 5.0
        progress.on_train_batch_end(0)
    progress.on_train_end()
    lines = capsys.readouterr().err.count("\r")
    assert 2 < lines <= 60 * 5 / 30 + 2  # and the first and the last
    assert progress._bar is None
