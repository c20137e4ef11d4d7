"""Files written by commit 53af870 load, and interrupted work resumes."""

import json
import pathlib
import shutil

import keras
import numpy as np
import pytest
from safetensors import safe_open
from support.networks import small_network

import keras_tgdd
from keras_tgdd.distillation.summaries.summarizer import Summarizer

FORMER = pathlib.Path(__file__).parent / "data" / "written_by_53af870"
EXPECTED = json.loads((FORMER / "expected.json").read_text())
NAMES = ("dark", "medium", "bright")
SAME_KERAS = keras.__version__ == EXPECTED["keras"]
# The three backends differ by 2e-7 after 8 steps, on one processor; pixels
# move by up to 0.1 in the last 5 of them.
TOLERANCE = 1e-5


@pytest.fixture
def former(tmp_path):
    """A copy of the files, which a test may change."""
    return shutil.copytree(FORMER, tmp_path / "former")


@pytest.fixture(scope="module")
def data():
    """The data that the files were made from, as in `make_files.py`."""
    generator = np.random.default_rng(53)
    y = np.repeat(np.arange(3), [20, 12, 5])
    noise = generator.integers(0, 100, (len(y), 8, 8, 2))
    x = np.uint8(noise + 70 * y[:, None, None, None])
    return keras_tgdd.datasets.from_arrays(x, y, class_names=NAMES)


def train(data, directory):
    return keras_tgdd.train_experts(
        data,
        small_network,
        num_experts=2,
        epochs=3,
        directory=directory,
        validation_data=(data.x, data.y),
        seed=3,
        verbose=0,
    )


def load(directory):
    # The stored network has arguments of layers that older Keras lacks.
    network = None if SAME_KERAS else small_network((8, 8, 2), 3)
    return keras_tgdd.ExpertTrajectories.load(directory, network)


def summarize(directory, data, plan):
    return keras_tgdd.summarize(
        load(directory), data, plan=plan, samples_per_class=4, verbose=0
    )


def distill(directory, data):
    return keras_tgdd.distill(
        data,
        1,
        keras_tgdd.methods.TGDD(factor=1),
        experts=load(directory),
        steps=6,
        directory=directory,
        cache_summaries=False,
        seed=3,
        verbose=0,
    )


def read(path):
    """Returns the tensors and the parsed metadata of a safetensors file."""
    with safe_open(path, "numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        metadata = dict(file.metadata())
    kind = metadata.pop("format")
    metadata = {key: json.loads(value) for key, value in metadata.items()}
    return tensors, {"format": kind, **metadata}


def state(path):
    """What changes when a file is written again."""
    return path.read_bytes(), path.stat().st_mtime_ns


def count_calls(monkeypatch, owner, name):
    """Returns a list that grows by the arguments of every call of a method."""
    original, calls = getattr(owner, name), []

    def counted(self, *arguments, **keywords):
        calls.append(arguments)
        return original(self, *arguments, **keywords)

    monkeypatch.setattr(owner, name, counted)
    return calls


def test_experts_load(former, data):
    trained = former / "trained"
    experts = load(trained)
    assert experts.fingerprint() == EXPECTED["fingerprints"]["one"]
    assert experts.num_experts == 1 and experts.num_snapshots(0) == 4
    assert experts.class_names == NAMES
    assert experts.normalization == data.normalization
    tensors, metadata = read(trained / "expert_000.safetensors")
    assert experts.description == metadata["description"]
    np.testing.assert_array_equal(experts.accuracies(0), tensors["accuracies"])
    for snapshot in range(4):
        np.testing.assert_array_equal(
            experts.weights(0, snapshot), tensors[f"epoch_{snapshot:04d}"]
        )
    shutil.copy(former / "undisturbed" / "expert_001.safetensors", trained)
    assert load(trained).fingerprint() == EXPECTED["fingerprints"]["both"]


def test_an_interrupted_training_resumes(former, data, monkeypatch):
    trained = former / "trained"
    finished, folder = (
        trained / name
        for name in ("expert_000.safetensors", "expert_001.partial")
    )
    before = state(finished)
    kept = [read(folder / f"epoch_{n:04d}.safetensors")[0] for n in range(2)]
    whole, _ = read(former / "undisturbed" / "expert_001.safetensors")
    epochs = count_calls(
        monkeypatch, keras_tgdd.TrajectoryRecorder, "on_epoch_end"
    )
    experts = train(data, trained)
    assert state(finished) == before and not folder.exists()
    assert [arguments[0] for arguments in epochs] == [1, 2]
    assert experts.num_experts == 2 and experts.num_snapshots(1) == 4
    for number, snapshot in enumerate(kept):
        np.testing.assert_array_equal(
            experts.weights(1, number), snapshot["weights"]
        )
        np.testing.assert_array_equal(
            experts.accuracies(1)[number], snapshot["accuracies"]
        )
    for number in range(4):
        np.testing.assert_allclose(
            experts.weights(1, number),
            whole[f"epoch_{number:04d}"],
            rtol=0,
            atol=TOLERANCE,
        )


def test_summaries_are_found(former, data, monkeypatch):
    trained = former / "trained"
    path = trained / EXPECTED["summaries"]["finished"]
    before, names = state(path), sorted(p.name for p in trained.iterdir())
    monkeypatch.setattr(Summarizer, "summarize", None)
    found = summarize(trained, data, plan=6)
    assert state(path) == before
    assert sorted(p.name for p in trained.iterdir()) == names
    tensors, metadata = read(path)
    assert found.description == metadata["description"]
    assert found.description["experts"] == EXPECTED["fingerprints"]["one"]
    held = {
        "experts": found.experts,
        "stages": found.stages,
        **{f"augmentation/{k}": v for k, v in found.augmentation.items()},
        **{f"summary/{k}": v for k, v in found.values.items()},
    }
    assert held.keys() == tensors.keys() and len(found) == 6
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(held[name], tensor)


def test_interrupted_summaries_resume(former, data, monkeypatch):
    trained, name = former / "trained", EXPECTED["summaries"]["begun"]
    partial = trained / f"{name}.partial"
    kept, _ = read(partial)
    calls = count_calls(monkeypatch, Summarizer, "summarize")
    made = summarize(trained, data, plan=8)
    assert len(made) == 8 and len(calls) == 8 - len(kept["mean"]) == 5
    assert not partial.exists()
    assert kept.keys() == made.values.keys()
    for key, value in kept.items():
        np.testing.assert_array_equal(made.values[key][:3], value)
    tensors, metadata = read(trained / name)
    whole, whole_metadata = read(former / "undisturbed" / name)
    assert metadata["description"] == whole_metadata["description"]
    assert tensors.keys() == whole.keys()
    for key, value in whole.items():
        np.testing.assert_allclose(
            tensors[key], value, rtol=0, atol=TOLERANCE, err_msg=key
        )


@pytest.mark.parametrize("step", [3, 8])
def test_a_distillation_resumes_from_its_checkpoint(
    former, data, monkeypatch, step
):
    folder, backend = former / "checkpoints", keras.backend.backend()
    path = folder / f"{backend}_{step}.safetensors"
    synthetic = keras_tgdd.layers.SyntheticImages(3, 2, (8, 8, 2), factor=1)
    synthetic.adapt(data.x, data.y, mode="random", seed=0)
    trainer = keras_tgdd.DistillationTrainer(
        synthetic, load(former / "trained"), samples_per_class=4, seed=5
    )
    checkpoint = keras_tgdd.DistillationCheckpoint(path)
    steps = count_calls(
        monkeypatch, keras_tgdd.DistillationCheckpoint, "on_train_batch_begin"
    )

    def fit():
        trainer.fit(
            data,
            epochs=2,
            steps_per_epoch=4,
            callbacks=[checkpoint],
            verbose=0,
        )

    before = state(path)
    if not SAME_KERAS:
        with pytest.raises(ValueError, match="keras: stored '3.15.1', now"):
            fit()
        assert state(path) == before and not steps
        return
    fit()
    assert trainer.num_steps == 8 and len(steps) == 8 - step
    np.testing.assert_allclose(
        synthetic.stored_images().reshape((3, 2, 8, 8, 2)),
        read(folder / f"{backend}_8.safetensors")[0]["images"],
        rtol=0,
        atol=TOLERANCE,
    )
    assert read(path)[1]["step"] == 8
    assert (state(path) == before) == (step == 8)


def test_distill_finds_its_checkpoint(former, data, monkeypatch):
    trained = former / "trained"
    path = trained / EXPECTED["distillation"]
    before = state(path)
    steps = count_calls(
        monkeypatch, keras_tgdd.Progress, "on_train_batch_begin"
    )
    distilled = distill(trained, data)
    made = [arguments[0] for arguments in steps]
    files = list(trained.glob("distillation_*.safetensors"))
    whole = keras_tgdd.DistilledDataset.load(
        former / "undisturbed" / "distilled.safetensors"
    )
    if SAME_KERAS and keras.backend.backend() == "jax":
        assert files == [path] and made == [3, 4, 5]
        assert read(path)[1]["step"] == 6
        assert distilled.info == whole.info
    else:  # another distillation, in a file of its own
        assert len(files) == 2 and made == [0, 1, 2, 3, 4, 5]
        assert state(path) == before
    assert distilled.class_names == whole.class_names == NAMES
    assert distilled.factor == whole.factor == 1
    assert distilled.normalization == whole.normalization
    np.testing.assert_allclose(
        distilled.images, whole.images, rtol=0, atol=TOLERANCE
    )


SETS = {
    "soft": {
        "class_names": NAMES,
        "factor": 2,
        "images_per_class": (1, 3, 2),
        "image_shape": (8, 8, 2),
        "temperature": 4.0,
        "info": {"method": "tgdd", "images_per_class": [1, 3, 2], "steps": 6},
    },
    "plain": {
        "class_names": ("0", "1", "2"),
        "factor": 1,
        "images_per_class": 2,
        "image_shape": (8, 8, 1),
        "temperature": None,
        "soft_labels": None,
        "info": {},
    },
}


@pytest.mark.parametrize("name", SETS)
def test_distilled_sets_load_and_are_saved_alike(name, tmp_path):
    path = FORMER / "sets" / f"{name}.safetensors"
    tensors, metadata = read(path)
    distilled = keras_tgdd.DistilledDataset.load(path)
    for attribute, value in SETS[name].items():
        assert getattr(distilled, attribute) == value, attribute
    held = {
        "images": distilled.images,
        "labels": distilled.labels,
        "mean": distilled.normalization.mean,
        "std": distilled.normalization.std,
        "soft_labels": distilled.soft_labels,
    }
    assert tensors.keys() == {k for k, v in held.items() if v is not None}
    for key, tensor in tensors.items():
        np.testing.assert_array_equal(held[key], tensor)
    distilled.save(tmp_path / "again.safetensors")
    saved, saved_metadata = read(tmp_path / "again.safetensors")
    assert saved_metadata == metadata and saved.keys() == tensors.keys()
    for key, tensor in tensors.items():
        assert saved[key].dtype == tensor.dtype
        np.testing.assert_array_equal(saved[key], tensor)
