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
from keras_tgdd.trajectories.expert_files import ExpertReader
from keras_tgdd.trajectories.expert_files import expert_path


def train(data, directory, network=small_network, **changes):
    arguments = {"num_experts": 1, "epochs": 3, "seed": 3, "verbose": 0}
    return keras_tgdd.train_experts(
        data, network, directory=directory, **{**arguments, **changes}
    )


def test_every_epoch_and_the_initialization_are_stored(experts):
    assert experts.num_experts == 2
    for expert in range(2):
        assert experts.num_snapshots(expert) == 4
        snapshots = [experts.weights(expert, number) for number in range(4)]
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
    normalization = experts.normalization
    np.testing.assert_allclose(
        normalization.mean, (x / 255).mean(axis=(0, 1, 2)), rtol=1e-5
    )
    np.testing.assert_allclose(
        normalization.std, (x / 255).std(axis=(0, 1, 2)), rtol=1e-4
    )


def test_the_network_reads_images_normalized_as_the_data_say(
    small_data, tmp_path
):
    """Experts of other normalizations have other weights and say so."""
    own = train(small_data, tmp_path / "own", epochs=1)
    normalization = keras_tgdd.Normalization(0.25, [0.5, 0.75])
    data = keras_tgdd.TrainingData(*small_data, normalization=normalization)
    other = train(data, tmp_path / "other", epochs=1)
    assert other.normalization == normalization.for_channels(2)
    np.testing.assert_array_equal(other.weights(0, 0), own.weights(0, 0))
    assert np.any(other.weights(0, 1) != own.weights(0, 1))
    with pytest.raises(ValueError, match="mean: stored .*std: stored"):
        train(data, tmp_path / "own", epochs=1)


def as_image_dataset(x, y):
    return keras_tgdd.datasets.ImageDataset(
        name="small",
        x_train=x,
        y_train=y,
        x_test=x[:3],
        y_test=y[:3],
        class_names=("dark", "medium", "bright"),
        normalization=keras_tgdd.Normalization.of(x),
    )


def as_batches(x, y):
    def batches():
        for start in range(0, len(x), 10):
            yield x[start : start + 10], y[start : start + 10]

    return batches


def as_stream(x, y):
    return keras_tgdd.datasets.ImageStream(as_batches(x, y), 3)


@pytest.mark.parametrize("form", [as_image_dataset, as_batches, as_stream])
def test_data_in_any_form_give_the_same_expert(small_data, tmp_path, form):
    expected = train(small_data, tmp_path / "pair", epochs=1)
    other = train(form(*small_data), tmp_path / "form", epochs=1)
    assert other.description["data"] == expected.description["data"]
    np.testing.assert_array_equal(other.weights(0, -1), expected.weights(0, -1))
    # A second call finds the expert, also along a new stream.
    path = expert_path(tmp_path / "form", 0)
    changed = path.stat().st_mtime_ns
    train(form(*small_data), tmp_path / "form", epochs=1)
    assert path.stat().st_mtime_ns == changed


def test_a_stream_is_mapped_from_the_directory(small_data, tmp_path):
    train(as_stream(*small_data), tmp_path, epochs=1)
    stored = np.load(tmp_path / "data" / "images.npy", mmap_mode="r")
    np.testing.assert_array_equal(stored, small_data[0])
    loaded = keras_tgdd.ExpertTrajectories.load(tmp_path)
    assert loaded.num_experts == 1  # the data are no expert


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


# 37 images are 3 batches of 16, so 2 snapshots per epoch are 2 steps apart.
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
    weights = [experts.weights(0, snapshot) for snapshot in range(7)]
    assert len({w.tobytes() for w in weights}) == 7
    # Accuracy on test data is measured after each epoch.
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
    # A rebuilt network has the precision that is fastest on this backend.
    policy = default_dtype_policy(10**15)
    rebuilt = loaded.network.network.get_layer("conv_1")
    assert rebuilt.dtype_policy.name == policy


@pytest.mark.parametrize("snapshots", [1, 2])
def test_a_killed_run_resumes_to_the_same_result(
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
    for snapshot in range(1 + 3 * snapshots):
        np.testing.assert_array_equal(
            resumed.weights(0, snapshot), whole.weights(0, snapshot)
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
        "network": dict(data=(x, y), network=softmax_network),
    }[change]
    before = expert_path(tmp_path, 0).read_bytes()
    with pytest.raises(ValueError, match="recorded under other conditions"):
        train(directory=tmp_path, **arguments)
    assert expert_path(tmp_path, 0).read_bytes() == before


def test_batch_norm_statistics_are_recorded(small_data, tmp_path):
    trajectories = train(
        small_data, tmp_path, softmax_network, feature_layer="pooled"
    )
    assert trajectories.network.feature_size == 4
    frozen = trajectories.network
    frozen.assign(trajectories.weights(0, -1))
    moving_mean = frozen.network.get_layer("norm").get_weights()[2]
    assert np.any(moving_mean != 0)


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
    with pytest.raises(ValueError, match="Labels in `y_test` must lie in"):
        train(small_data, target, validation_data=(x, y + 1))
    with pytest.raises(ValueError, match="`num_experts` must be"):
        train(small_data, target, num_experts=0)
    with pytest.raises(TypeError, match=r"pass the pair \(x, y\)"):
        train(x, target)
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
    free = 14 * snapshot - 1  # two files, a folder, and two states, less one
    with pytest.raises(OSError, match="2 more experts of 4 snapshots of") as e:
        train(small_data, tmp_path, num_experts=3)
    assert "Train fewer experts or epochs" in str(e.value)
    assert sorted(tmp_path.iterdir()) == before
    free += 1
    assert train(small_data, tmp_path, num_experts=3).num_experts == 3


@pytest.mark.parametrize("step", [0, 2, 5])
def test_ctrl_c_leaves_what_can_be_resumed(
    small_data, tmp_path, monkeypatch, step
):
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
    for snapshot in range(resumed.num_snapshots(0)):
        np.testing.assert_array_equal(
            resumed.weights(0, snapshot), whole.weights(0, snapshot)
        )
