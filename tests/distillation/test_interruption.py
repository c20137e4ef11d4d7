import os
import signal
import sys
import threading

import keras
import numpy as np
import pytest
from support.distillations import fit
from support.distillations import make
from support.distillations import pixels
from support.networks import small_network

import keras_tgdd
from keras_tgdd import DistillationCheckpoint
from keras_tgdd import Progress
from keras_tgdd.methods import TGDD

# The function `distill` hides its module.
MODULE = sys.modules["keras_tgdd.methods.distill"]


@pytest.fixture(autouse=True)
def _python_handles_ctrl_c():
    """Also where the shell started the tests with Ctrl-C ignored."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, former)


def press_ctrl_c():
    """A signal from without the main thread, as a terminal sends it."""
    thread = threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT))
    thread.start()
    thread.join()


class CtrlC(keras.callbacks.Callback):
    """Pressed within a step: before its end, but after it was made."""

    def __init__(self, step, times=1):
        super().__init__()
        self.steps, self.times = step, times

    def on_train_batch_end(self, batch, logs=None):
        self.steps -= 1
        if self.steps == 0:
            for _ in range(self.times):
                press_ctrl_c()


@pytest.mark.parametrize("step", [1, 4, 6, 12])
def test_ends_after_the_step_and_resumes_bit_for_bit(
    experts, small_data, tmp_path, capsys, step
):
    path = tmp_path / "state.safetensors"
    whole = make(experts, small_data)
    fit(whole, small_data)
    trainer = make(experts, small_data)
    checkpoint = DistillationCheckpoint(path, seconds=1000)
    with pytest.raises(KeyboardInterrupt):
        fit(trainer, small_data, checkpoint, CtrlC(step))
    assert trainer.num_steps == step
    said = capsys.readouterr().err
    assert f"interrupted: state after step {step} is saved in" in said
    assert "the same call resumes from there" in said
    again = make(experts, small_data)
    history = fit(again, small_data, DistillationCheckpoint(path))
    assert again.num_steps == 12
    assert len(history.history.get("loss", [])) == 3 - step // 4
    np.testing.assert_array_equal(pixels(again), pixels(whole))


def test_the_same_trainer_resumes_too(experts, small_data, tmp_path):
    whole, trainer = (make(experts, small_data) for _ in range(2))
    fit(whole, small_data)
    checkpoint = DistillationCheckpoint(tmp_path / "state", seconds=1000)
    for step in (3, 2, 4):  # the third in the rest of an epoch and beyond
        with pytest.raises(KeyboardInterrupt):
            fit(trainer, small_data, checkpoint, CtrlC(step))
    assert trainer.num_steps == 9
    fit(trainer, small_data, checkpoint)
    np.testing.assert_array_equal(pixels(trainer), pixels(whole))


def test_a_second_one_does_not_wait(experts, small_data, tmp_path, capsys):
    path = tmp_path / "state.safetensors"
    checkpoint = DistillationCheckpoint(path, seconds=1000)
    with pytest.raises(KeyboardInterrupt):
        fit(make(experts, small_data), small_data, checkpoint, CtrlC(2, 2))
    assert not path.exists()
    assert "is saved" not in capsys.readouterr().err


def test_pixels_that_are_no_numbers_are_not_saved(
    experts, small_data, tmp_path
):
    path = tmp_path / "state.safetensors"
    trainer = make(
        experts, small_data, optimizer=keras.optimizers.SGD(float("nan"))
    )
    checkpoint = DistillationCheckpoint(path, seconds=1000)
    with pytest.raises(FloatingPointError, match="failed at step 1"):
        fit(trainer, small_data, checkpoint, CtrlC(2))
    assert not path.exists()


def test_a_users_handler_stays(experts, small_data, tmp_path):
    calls = []
    signal.signal(signal.SIGINT, lambda *arguments: calls.append(arguments))
    checkpoint = DistillationCheckpoint(tmp_path / "state")
    try:
        trainer = make(experts, small_data)
        fit(trainer, small_data, checkpoint, CtrlC(2))
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    assert len(calls) == 1 and trainer.num_steps == 12


def test_another_thread_is_left_alone(experts, small_data, tmp_path):
    trainer = make(experts, small_data)
    checkpoint = DistillationCheckpoint(tmp_path / "state")
    arguments = (trainer, small_data, checkpoint)
    thread = threading.Thread(target=fit, args=arguments)
    thread.start()
    thread.join()
    assert trainer.num_steps == 12


def distill(data, directory):
    return keras_tgdd.distill(
        data,
        1,
        TGDD(samples_per_class=4),
        network=small_network,
        steps=6,
        directory=directory,
        verbose=0,
    )


class InterruptedProgress(Progress):
    def on_train_batch_begin(self, batch, logs=None):
        if batch == 3:
            press_ctrl_c()


@pytest.mark.parametrize("kept", [True, False])
def test_a_whole_job_resumes(small_data, tmp_path, monkeypatch, capsys, kept):
    whole = distill(small_data, None)
    directory = tmp_path if kept else None
    monkeypatch.setattr(MODULE, "Progress", InterruptedProgress)
    with pytest.raises(KeyboardInterrupt):
        distill(small_data, directory)
    said = capsys.readouterr().err
    assert ("state after step 3 is saved" in said) == kept
    monkeypatch.undo()
    again = distill(small_data, directory)
    np.testing.assert_array_equal(again.images, whole.images)
