import numpy as np
import pytest
from keras import ops

import keras_tgdd
from keras_tgdd.callbacks import DistillationCheckpoint
from keras_tgdd.callbacks.distillation_checkpoint import remaining_parts


class Stop(Exception):
    """What a crash is to the process that catches it."""


class Crash(keras_tgdd.callbacks.Progress):
    """Fails after a number of steps."""

    def __init__(self, steps):
        super().__init__("crash", verbose=0)
        self.steps = steps

    def on_train_batch_end(self, batch, logs=None):
        self.steps -= 1
        if self.steps == 0:
            raise Stop


def make(experts, data, **given):
    synthetic = keras_tgdd.layers.SyntheticImages(3, 1, (8, 8, 2), factor=2)
    synthetic.adapt(*data, seed=0)
    arguments = dict(samples_per_class=4, seed=5)
    return keras_tgdd.DistillationTrainer(
        synthetic, experts, **{**arguments, **given}
    )


def fit(trainer, data, callbacks=(), epochs=3, steps_per_epoch=4):
    trainer.compile(jit_compile=False)
    return trainer.fit(
        *data,
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
        callbacks=list(callbacks),
        verbose=0,
    ).history


def pixels(trainer):
    return ops.convert_to_numpy(trainer.synthetic.images.value)


@pytest.mark.parametrize("steps", [1, 4, 6, 11])
def test_goes_on_bit_for_bit_where_it_failed(
    experts, small_data, tmp_path, steps
):
    path = tmp_path / "state.safetensors"
    whole = make(experts, small_data)
    fit(whole, small_data)
    with pytest.raises(Stop):
        checkpoint = DistillationCheckpoint(path, seconds=0)
        fit(make(experts, small_data), small_data, [checkpoint, Crash(steps)])
    again = make(experts, small_data)
    history = fit(again, small_data, [DistillationCheckpoint(path)])
    assert again.num_steps == 12
    np.testing.assert_array_equal(pixels(again), pixels(whole))
    assert len(history["loss"]) == 3 - steps // 4
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_finished_distillation_returns_at_once(experts, small_data, tmp_path):
    path = tmp_path / "state.safetensors"
    first = make(experts, small_data)
    fit(first, small_data, [DistillationCheckpoint(path)])
    again = make(experts, small_data)
    callbacks = [DistillationCheckpoint(path), Crash(1)]
    fit(again, small_data, callbacks)
    np.testing.assert_array_equal(pixels(again), pixels(first))


def test_more_epochs_go_on_from_the_end(experts, small_data, tmp_path):
    path = tmp_path / "state.safetensors"
    whole = make(experts, small_data)
    fit(whole, small_data, epochs=4)
    fit(make(experts, small_data), small_data, [DistillationCheckpoint(path)])
    longer = make(experts, small_data)
    fit(longer, small_data, [DistillationCheckpoint(path)], epochs=4)
    np.testing.assert_array_equal(pixels(longer), pixels(whole))


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"seed": 6}, "seed: stored 5, now 6"),
        ({"constraint_weight": 1.0}, "constraint_weight: stored 2.5, now 1.0"),
    ],
)
def test_refuses_the_state_of_another_distillation(
    experts, small_data, tmp_path, changes, message
):
    path = tmp_path / "state.safetensors"
    fit(make(experts, small_data), small_data, [DistillationCheckpoint(path)])
    before = path.read_bytes()
    other = make(experts, small_data, **changes)
    with pytest.raises(ValueError, match=message):
        fit(other, small_data, [DistillationCheckpoint(path)])
    x, y = small_data
    with pytest.raises(ValueError, match="data: stored"):
        fit(
            make(experts, small_data),
            (x[::-1], y[::-1]),
            [DistillationCheckpoint(path)],
        )
    assert path.read_bytes() == before


def test_bad_arguments_are_refused(experts, small_data, tmp_path):
    with pytest.raises(FileNotFoundError, match="directory that exists"):
        DistillationCheckpoint(tmp_path / "missing" / "file")
    with pytest.raises(ValueError, match="seconds=-1"):
        DistillationCheckpoint(tmp_path / "file", seconds=-1)
    two = [DistillationCheckpoint(tmp_path / "file") for _ in range(2)]
    with pytest.raises(ValueError, match="Received: 2 of them"):
        fit(make(experts, small_data), small_data, two)
    with pytest.raises(ValueError, match="Received: epochs='auto'"):
        fit(make(experts, small_data), small_data, two[:1], epochs="auto")
    (tmp_path / "file").write_text("damaged")
    with pytest.raises(ValueError, match="truncated or not a safetensors"):
        fit(make(experts, small_data), small_data, two[:1])


@pytest.mark.parametrize("done", range(14))
def test_parts_make_up_what_is_left(done):
    parts = remaining_parts(done, epochs=3, steps_per_epoch=4)
    made = sum((last - first) * steps for first, last, steps in parts)
    assert made == max(0, 12 - done)
    assert all(first < last <= 3 for first, last, _ in parts)
