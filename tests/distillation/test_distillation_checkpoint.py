import keras
import numpy as np
import pytest
from support.crashes import Crash
from support.crashes import Stop
from support.distillations import fit
from support.distillations import make
from support.distillations import make_steps
from support.distillations import pixels

from keras_tgdd import DistillationCheckpoint
from keras_tgdd.layers import SiameseAugmentation


@pytest.mark.parametrize("steps", [1, 4, 6, 11])
def test_resumes_bit_for_bit_where_it_failed(
    experts, small_data, tmp_path, steps
):
    path = tmp_path / "state.safetensors"
    whole = make(experts, small_data)
    fit(whole, small_data)
    with pytest.raises(Stop):
        checkpoint = DistillationCheckpoint(path, seconds=0)
        fit(
            make(experts, small_data),
            small_data,
            checkpoint,
            Crash(steps, after=True),
        )
    again = make(experts, small_data)
    history = fit(again, small_data, DistillationCheckpoint(path)).history
    assert again.num_steps == 12
    np.testing.assert_array_equal(pixels(again), pixels(whole))
    # What is written at the beginning of a step holds those before it.
    assert len(history["loss"]) == 3 - (steps - 1) // 4
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_finished_distillation_returns_at_once(experts, small_data, tmp_path):
    path = tmp_path / "state.safetensors"
    first = make(experts, small_data)
    fit(first, small_data, DistillationCheckpoint(path))
    again = make(experts, small_data)
    history = fit(again, small_data, DistillationCheckpoint(path), Crash(0))
    assert history.history == {} and again.num_steps == 12
    np.testing.assert_array_equal(pixels(again), pixels(first))


def test_more_epochs_continue_from_the_end(experts, small_data, tmp_path):
    path = tmp_path / "state.safetensors"
    whole = make(experts, small_data)
    fit(whole, small_data, epochs=4)
    fit(make(experts, small_data), small_data, DistillationCheckpoint(path))
    longer = make(experts, small_data)
    fit(longer, small_data, DistillationCheckpoint(path), epochs=4)
    np.testing.assert_array_equal(pixels(longer), pixels(whole))


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"seed": 6}, "seed: stored 5, now 6"),
        ({"constraint_weight": 1.0}, "constraint_weight: stored 2.5, now 1.0"),
        (
            {"augmentation": SiameseAugmentation(("color",))},
            "augmentation: stored",
        ),
        ({"constraint": None}, "constraint: stored"),
    ],
)
def test_refuses_the_state_of_another_distillation(
    experts, small_data, tmp_path, changes, message
):
    path = tmp_path / "state.safetensors"
    fit(make(experts, small_data), small_data, DistillationCheckpoint(path))
    before = path.read_bytes()
    other = make(experts, small_data, **changes)
    with pytest.raises(ValueError, match=message):
        fit(other, small_data, DistillationCheckpoint(path))
    x, y = small_data
    with pytest.raises(ValueError, match="data: stored"):
        fit(
            make(experts, small_data),
            (x[::-1], y[::-1]),
            DistillationCheckpoint(path),
        )
    assert path.read_bytes() == before


def test_steps_are_not_taken_back(experts, small_data, tmp_path):
    path = tmp_path / "state.safetensors"
    fit(make(experts, small_data), small_data, DistillationCheckpoint(path))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="is at step 12.*an end at step 8"):
        shorter = make(experts, small_data)
        fit(shorter, small_data, DistillationCheckpoint(path), epochs=2)
    assert path.read_bytes() == before


def test_a_checkpoint_comes_before_the_first_step(
    experts, small_data, tmp_path
):
    path = tmp_path / "state.safetensors"
    trainer = make(experts, small_data)
    make_steps(trainer, small_data, 4)
    with pytest.raises(ValueError, match="made 4 steps without one"):
        make_steps(trainer, small_data, 8, DistillationCheckpoint(path))
    assert not path.exists()


def test_a_stop_is_a_stop_within_an_epoch_too(experts, small_data, tmp_path):
    path = tmp_path / "state.safetensors"
    with pytest.raises(Stop):
        checkpoint = DistillationCheckpoint(path, seconds=0)
        fit(make(experts, small_data), small_data, checkpoint, Crash(3))
    trainer = make(experts, small_data)
    stop = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(trainer, "stop_training", True)
    )
    fit(trainer, small_data, DistillationCheckpoint(path), stop)
    assert trainer.num_steps == 4


def test_bad_arguments_are_refused(experts, small_data, tmp_path):
    with pytest.raises(FileNotFoundError, match="directory that exists"):
        DistillationCheckpoint(tmp_path / "missing" / "file")
    with pytest.raises(ValueError, match="seconds=-1"):
        DistillationCheckpoint(tmp_path / "file", seconds=-1)
    two = [DistillationCheckpoint(tmp_path / "file") for _ in range(2)]
    with pytest.raises(ValueError, match="Received: 2 of them"):
        fit(make(experts, small_data), small_data, *two)
    with pytest.raises(ValueError, match="Received: epochs='auto'"):
        fit(make(experts, small_data), small_data, two[0], epochs="auto")
    (tmp_path / "file").write_text("damaged")
    with pytest.raises(ValueError, match="truncated or not a safetensors"):
        fit(make(experts, small_data), small_data, two[0])


def test_resumes_with_features_of_several_layers(experts, small_data, tmp_path):
    path = tmp_path / "state.safetensors"
    network = experts.network.network
    names = [layer.name for layer in network.layers if layer.weights]
    several = experts.with_feature_layer(names)
    assert several.network.feature_layer == tuple(names) and len(names) > 1
    whole = make(several, small_data)
    fit(whole, small_data)
    with pytest.raises(Stop):
        checkpoint = DistillationCheckpoint(path, seconds=0)
        fit(make(several, small_data), small_data, checkpoint, Crash(6))
    again = make(experts.with_feature_layer(names), small_data)
    fit(again, small_data, DistillationCheckpoint(path))
    assert again.num_steps == 12
    np.testing.assert_array_equal(pixels(again), pixels(whole))
    other = make(experts.with_feature_layer(names[::-1]), small_data)
    with pytest.raises(ValueError, match="feature_layer: stored"):
        fit(other, small_data, DistillationCheckpoint(path))


def test_it_serves_distillations_alone(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", loss="mse")
    checkpoint = DistillationCheckpoint(tmp_path / "state.safetensors")
    with pytest.raises(ValueError, match="BackupAndRestore.*type Sequential"):
        model.fit(np.eye(2), np.ones(2), callbacks=[checkpoint], verbose=0)
    assert not list(tmp_path.iterdir())
