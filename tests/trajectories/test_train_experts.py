import collections
import shutil
import signal

import keras
import numpy as np
import pytest
from support.networks import small_network
from support.networks import softmax_network

import keras_tgdd
from keras_tgdd import Progress
from keras_tgdd.runtime.compilation import default_dtype_policy
from keras_tgdd.trajectories import expert_recipe
from keras_tgdd.trajectories.expert_files import ExpertReader
from keras_tgdd.trajectories.expert_files import expert_path


def train(data, directory, network_fn=small_network, **changes):
    arguments = dict(num_experts=1, epochs=3, seed=3, verbose=0)
    return keras_tgdd.train_experts(
        network_fn, *data, directory=directory, **{**arguments, **changes}
    )


def test_the_recipe_is_the_published_one():
    recipe = expert_recipe(60, image_size=32)
    assert recipe.to_dict() == {
        "name": "expert",
        "epochs": 60,
        "batch_size": 64,
        "learning_rate": 0.01,
        "momentum": 0.9,
        "weight_decay": 5e-4,
        "milestones": (2 / 3, 5 / 6),
        "decay": 0.2,
        "augmentation": ("color", "crop"),
        "cutmix": 0.5,
    }
    assert expert_recipe(80, image_size=128).batch_size == 128


def test_every_epoch_and_the_initialization_are_stored(experts):
    assert experts.num_experts == 2
    for expert in range(2):
        assert experts.num_snapshots(expert) == 4
        snapshots = [experts.weights(expert, epoch) for epoch in range(4)]
        assert len({s.tobytes() for s in snapshots}) == 4
    assert np.any(experts.weights(0, 0) != experts.weights(1, 0))


def test_snapshot_0_is_the_initialization(experts):
    kernel_bound = 1 / np.sqrt(18)
    kernel = experts.weights(0, 0)[: 3 * 3 * 2 * 4]
    assert np.abs(kernel).max() <= kernel_bound
    assert kernel.std() > 0.4 * kernel_bound


def test_accuracies_are_stored(experts):
    accuracies = experts.accuracies(0)
    assert accuracies.shape == (4, 2)
    assert np.all(np.isnan(accuracies[0]))
    assert np.all((accuracies[1:] >= 0) & (accuracies[1:] <= 1))


def test_network_data_and_recipe_are_described(experts, small_data):
    description = experts.description
    x, y = small_data
    assert description["data"] == keras_tgdd.runtime.fingerprint.fingerprint(
        x, y
    )
    assert description["recipe"]["name"] == "expert"
    assert description["seed"] == [3, 0]
    np.testing.assert_allclose(
        experts.mean, (x / 255).mean(axis=(0, 1, 2)), rtol=1e-5
    )
    np.testing.assert_allclose(
        experts.std, (x / 255).std(axis=(0, 1, 2)), rtol=1e-4
    )


def test_finished_experts_are_loaded_not_trained_again(small_data, tmp_path):
    train(small_data, tmp_path)
    path = expert_path(tmp_path, 0)
    changed = path.stat().st_mtime_ns
    first = path.read_bytes()
    trajectories = train(small_data, tmp_path, num_experts=2)
    assert trajectories.num_experts == 2
    assert path.stat().st_mtime_ns == changed and path.read_bytes() == first


class Killed(Exception):
    pass


# 37 images are 3 batches of 16: two snapshots an epoch are every 2 steps.
SHORT = keras_tgdd.training.TrainingRecipe(
    "short", epochs=3, batch_size=16, schedule="cosine", warmup=0.2
)


def test_snapshots_within_epochs(small_data, tmp_path):
    experts = train(
        small_data,
        tmp_path,
        recipe=SHORT,
        snapshots_per_epoch=2,
        validation_data=small_data,
    )
    assert experts.num_snapshots(0) == 1 + 3 * 2
    weights = [experts.weights(0, stage) for stage in range(7)]
    assert len({w.tobytes() for w in weights}) == 7
    # Accuracy on test data is measured once an epoch, the last included.
    measured = np.isfinite(experts.accuracies(0)[:, 1])
    np.testing.assert_array_equal(measured, [0, 0, 1, 0, 1, 0, 1])
    with pytest.raises(ValueError, match="snapshots_per_epoch: stored 2"):
        train(small_data, tmp_path, recipe=SHORT)
    with pytest.raises(ValueError, match="`snapshots_per_epoch` must be"):
        train(small_data, tmp_path, recipe=SHORT, snapshots_per_epoch=0)


def test_the_dtype_policy_is_that_of_the_network(small_data, tmp_path):
    train(small_data, tmp_path, dtype_policy="mixed_bfloat16", epochs=1)
    loaded = keras_tgdd.ExpertTrajectories.load(tmp_path)
    stored = train(
        small_data, tmp_path, dtype_policy="mixed_bfloat16", epochs=1
    )
    layer = stored.network.network.get_layer("conv_1")
    assert layer.compute_dtype == "bfloat16"
    assert stored.network.network.get_layer("logits").compute_dtype == "float32"
    # Without a network, precision is what is fastest here.
    policy = default_dtype_policy(10**15)
    rebuilt = loaded.network.network.get_layer("conv_1")
    assert rebuilt.dtype_policy.name == policy


@pytest.mark.parametrize("snapshots", [1, 2])
def test_a_killed_run_continues_to_the_same_result(
    small_data, tmp_path, monkeypatch, snapshots
):
    changes = {"recipe": SHORT, "snapshots_per_epoch": snapshots}
    whole = train(small_data, tmp_path / "whole", **changes)
    recorder = keras_tgdd.TrajectoryRecorder
    original = recorder.on_epoch_end

    def killed(self, epoch, logs=None):
        original(self, epoch, logs)
        if epoch == 1:
            raise Killed

    monkeypatch.setattr(recorder, "on_epoch_end", killed)
    with pytest.raises(Killed):
        train(small_data, tmp_path / "killed", **changes)
    monkeypatch.setattr(recorder, "on_epoch_end", original)
    folder = tmp_path / "killed" / "expert_000.partial"
    assert len(list(folder.glob("epoch_*.safetensors"))) == 3

    epochs = []

    def counted(self, epoch, logs=None):
        epochs.append(epoch)
        original(self, epoch, logs)

    monkeypatch.setattr(recorder, "on_epoch_end", counted)
    resumed = train(small_data, tmp_path / "killed", **changes)
    assert epochs == list(range(2, 3 * snapshots))
    for epoch in range(1 + 3 * snapshots):
        np.testing.assert_array_equal(
            resumed.weights(0, epoch), whole.weights(0, epoch)
        )
    assert not folder.exists()


@pytest.mark.parametrize("change", ["data", "epochs", "seed", "network"])
def test_a_directory_of_other_experts_is_refused(small_data, tmp_path, change):
    train(small_data, tmp_path)
    x, y = small_data
    arguments = {
        "data": dict(data=(x[::-1].copy(), y[::-1].copy())),
        "epochs": dict(data=(x, y), epochs=4),
        "seed": dict(data=(x, y), seed=4),
        "network": dict(data=(x, y), network_fn=softmax_network),
    }[change]
    before = expert_path(tmp_path, 0).read_bytes()
    with pytest.raises(ValueError, match="recorded under other conditions"):
        train(directory=tmp_path, **arguments)
    assert expert_path(tmp_path, 0).read_bytes() == before


def test_a_users_network_with_batch_norm_can_be_an_expert(small_data, tmp_path):
    trajectories = train(
        small_data, tmp_path, softmax_network, feature_layer="pooled"
    )
    assert trajectories.network.feature_size == 4
    moved = trajectories.network
    moved.assign(trajectories.weights(0, -1))
    norm = moved.network.get_layer("norm")
    assert np.any(norm.get_weights()[2] != 0)  # moving means are recorded


def test_same_seed_same_experts(small_data, tmp_path):
    first = train(small_data, tmp_path / "a")
    keras.utils.set_random_seed(99)
    second = train(small_data, tmp_path / "b")
    np.testing.assert_array_equal(first.weights(0, -1), second.weights(0, -1))


def test_training_improves_the_expert(small_data, tmp_path):
    x, y = small_data
    trajectories = train(
        small_data, tmp_path, epochs=30, validation_data=small_data
    )
    accuracies = ExpertReader(expert_path(tmp_path, 0)).accuracies[:, 1]
    assert accuracies[-1] > max(0.7, accuracies[1])
    assert trajectories.num_snapshots(0) == 31


def test_bad_input_is_refused_before_anything_is_written(small_data, tmp_path):
    x, y = small_data
    target = tmp_path / "experts"
    for data, message in [
        ((x, y + 1), "no images of class"),
        ((x[..., 0], y), "must have shape"),
        ((x, y[:-1]), "one label an image"),
        ((np.full(x.shape, np.nan, "float32"), y), "NaN"),
    ]:
        with pytest.raises(ValueError, match=message):
            train(data, target)
    with pytest.raises(ValueError, match="Images of `x_test` must have shape"):
        train(small_data, target, validation_data=(x[:, :4], y))
    with pytest.raises(ValueError, match="`num_experts` must be"):
        train(small_data, target, num_experts=0)
    assert not target.exists()


def test_a_truncated_expert_is_found_before_others_are_trained(
    small_data, tmp_path
):
    train(small_data, tmp_path, num_experts=2)
    expert_path(tmp_path, 0).unlink()
    last = expert_path(tmp_path, 1)
    last.write_bytes(last.read_bytes()[:-9])
    with pytest.raises(ValueError, match="expert_001.*truncated"):
        train(small_data, tmp_path, num_experts=2)
    assert [p.name for p in tmp_path.iterdir()] == [last.name]


def test_unwritable_directory_is_refused(small_data, tmp_path):
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(OSError, match="Cannot write to directory"):
        train(small_data, tmp_path / "file" / "experts")


def test_a_disk_that_is_too_small_is_found_before_training(
    small_data, tmp_path, monkeypatch
):
    first = train(small_data, tmp_path)
    snapshot = 4 * first.network.num_weights
    free = 0

    def usage(path):
        Usage = collections.namedtuple("Usage", "total used free")
        return Usage(free, 0, free)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert train(small_data, tmp_path).num_experts == 1  # nothing to write
    before = sorted(tmp_path.iterdir())
    free = 14 * snapshot - 1  # two files, a folder, and two states
    with pytest.raises(OSError, match="2 more experts of 4 snapshots of") as e:
        train(small_data, tmp_path, num_experts=3)
    assert "Train fewer experts or epochs" in str(e.value)
    assert sorted(tmp_path.iterdir()) == before
    free += 1
    assert train(small_data, tmp_path, num_experts=3).num_experts == 3


@pytest.mark.parametrize("step", [0, 2, 5])
def test_ctrl_c_leaves_what_can_go_on(small_data, tmp_path, monkeypatch, step):
    changes = {"recipe": SHORT, "snapshots_per_epoch": 2}
    whole = train(small_data, tmp_path / "whole", **changes)
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    steps = []

    def interrupt(self, batch, logs=None):
        steps.append(batch)
        if len(steps) == step + 1:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Progress, "on_train_batch_begin", interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            train(small_data, tmp_path / "parts", **changes)
    finally:
        signal.signal(signal.SIGINT, former)
    folder = tmp_path / "parts" / "expert_000.partial"
    kept = len(list(folder.glob("epoch_*.safetensors")))
    assert 1 <= kept <= step + 1
    resumed = train(small_data, tmp_path / "parts", **changes)
    for epoch in range(resumed.num_snapshots(0)):
        np.testing.assert_array_equal(
            resumed.weights(0, epoch), whole.weights(0, epoch)
        )
