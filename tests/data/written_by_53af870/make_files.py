"""Writes the files beside this script, with commit 53af870 and no other.

It uses the API of that commit. Check the commit out elsewhere and run, from
the root of this repository, for jax first, then for tensorflow and torch:

    git worktree add ../former 53af870
    PYTHONPATH=../former KERAS_BACKEND=jax \
        python tests/data/written_by_53af870/make_files.py
"""

import json
import pathlib
import shutil
import signal

import keras
import numpy as np

import keras_tgdd
from keras_tgdd import distillation
from keras_tgdd.callbacks import DistillationCheckpoint
from keras_tgdd.callbacks import Progress
from keras_tgdd.callbacks import TrajectoryRecorder
from keras_tgdd.summaries import begun_summaries
from keras_tgdd.summaries.summarizer import Summarizer

HERE = pathlib.Path(__file__).parent
TRAINED, UNDISTURBED = HERE / "trained", HERE / "undisturbed"
CHECKPOINTS, SETS = HERE / "checkpoints", HERE / "sets"
NAMES = ("dark", "medium", "bright")
STEPS_BEFORE_THE_CRASH = 3


class Crash(Exception):
    """Ends a call in the middle."""


class CrashAtStep(keras.callbacks.Callback):
    """Fails before a step of `fit`."""

    def on_train_batch_begin(self, batch, logs=None):
        if batch == STEPS_BEFORE_THE_CRASH:
            raise Crash


def data():
    """Three classes of 8 x 8 two-channel images, told apart by brightness."""
    generator = np.random.default_rng(53)
    y = np.repeat(np.arange(3), [20, 12, 5])
    noise = generator.integers(0, 100, (len(y), 8, 8, 2))
    return np.uint8(noise + 70 * y[:, None, None, None]), y


def network(input_shape, num_classes):
    """A ConvNet of one block with four filters."""
    return keras_tgdd.models.ConvNet(input_shape, num_classes, width=4, depth=1)


def train(directory):
    """Trains two experts of three epochs, or finishes them."""
    return keras_tgdd.train_experts(
        network,
        *data(),
        num_experts=2,
        epochs=3,
        directory=directory,
        validation_data=data(),
        class_names=NAMES,
        seed=3,
        verbose=0,
    )


def make_experts():
    """One finished expert and one that was interrupted; both, undisturbed."""
    original = TrajectoryRecorder.on_epoch_end

    def interrupted(self, epoch, logs=None):
        original(self, epoch, logs)
        if self.expert == 1:
            raise Crash

    TrajectoryRecorder.on_epoch_end = interrupted
    try:
        train(TRAINED)
    except Crash:
        TrajectoryRecorder.on_epoch_end = original
    both = train(UNDISTURBED)
    one = keras_tgdd.ExpertTrajectories.load(TRAINED)
    same = keras_tgdd.ExpertTrajectories(both._readers[:1])
    assert one.fingerprint() == same.fingerprint()
    return {"one": one.fingerprint(), "both": both.fingerprint()}


def make_summaries():
    """Finished summaries of 6 entries; 3 of 8 entries, and all of them."""
    experts = keras_tgdd.ExpertTrajectories.load(TRAINED)

    def summarize(plan, directory):
        experts.summarize(
            *data(),
            plan=plan,
            samples_per_class=4,
            directory=directory,
            verbose=0,
        )

    summarize(6, TRAINED)
    (finished,) = TRAINED.glob("summaries_*.safetensors")
    summarize(8, UNDISTURBED)
    original, calls = Summarizer.summarize, []

    def interrupted(self, *arguments):
        if len(calls) == 3:
            raise Crash
        calls.append(arguments)
        return original(self, *arguments)

    begun_summaries._SECONDS_BETWEEN_WRITES = -1.0
    Summarizer.summarize = interrupted
    try:
        summarize(8, TRAINED)
    except Crash:
        Summarizer.summarize = original
    (begun,) = TRAINED.glob("summaries_*.partial")
    assert (UNDISTURBED / begun.stem).is_file()
    return {"finished": finished.name, "begun": begun.stem}


def make_distillation():
    """A `distill` that Ctrl-C ended after 3 of 6 steps, and its whole set."""

    def distill(directory):
        return keras_tgdd.distill(
            *data(),
            images_per_class=1,
            factor=1,
            network_fn=network,
            num_experts=1,
            expert_epochs=3,
            iterations=6,
            directory=directory,
            class_names=NAMES,
            cache_summaries=False,
            seed=3,
            verbose=0,
        )

    class PressCtrlC(Progress):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == STEPS_BEFORE_THE_CRASH:
                signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    distillation.Progress = PressCtrlC
    try:
        distill(TRAINED)
    except KeyboardInterrupt:
        distillation.Progress = Progress
    distill(UNDISTURBED).save(UNDISTURBED / "distilled.safetensors")
    (path,) = TRAINED.glob("distillation_*.safetensors")
    finished = UNDISTURBED / path.name
    assert finished.is_file()
    finished.unlink()
    return path.name


def make_checkpoints():
    """The state of a distillation after 3 and after 8 steps."""
    CHECKPOINTS.mkdir(exist_ok=True)
    backend = keras.backend.backend()
    experts = keras_tgdd.ExpertTrajectories.load(TRAINED)

    def fit(filename, *callbacks):
        synthetic = keras_tgdd.layers.SyntheticImages(3, 2, (8, 8, 2), factor=1)
        synthetic.adapt(*data(), mode="random", seed=0)
        trainer = keras_tgdd.DistillationTrainer(
            synthetic, experts, samples_per_class=4, seed=5
        )
        checkpoint = DistillationCheckpoint(CHECKPOINTS / filename, seconds=0)
        trainer.fit(
            *data(),
            epochs=2,
            steps_per_epoch=4,
            callbacks=[checkpoint, *callbacks],
            verbose=0,
        )

    fit(f"{backend}_8.safetensors")
    try:
        fit(f"{backend}_3.safetensors", CrashAtStep())
    except Crash:
        return


def make_sets():
    """Distilled sets with all that a file can hold, and with the least."""
    SETS.mkdir()
    generator = np.random.default_rng(54)
    labels = np.repeat(np.arange(3), [1, 3, 2])
    soft_labels = generator.random((len(labels) * 4, 3)) + 0.1
    keras_tgdd.DistilledDataset(
        generator.random((len(labels), 8, 8, 2)),
        class_names=NAMES,
        factor=2,
        mean=(0.25, 0.5),
        std=(0.125, 0.75),
        info={"method": "tgdd", "images_per_class": [1, 3, 2], "steps": 6},
        labels=labels,
        soft_labels=soft_labels / soft_labels.sum(axis=1, keepdims=True),
        temperature=4.0,
    ).save(SETS / "soft.safetensors")
    keras_tgdd.DistilledDataset(generator.random((3, 2, 8, 8, 1))).save(
        SETS / "plain.safetensors"
    )


if __name__ == "__main__":
    if keras.backend.backend() == "jax":
        for folder in (TRAINED, UNDISTURBED, CHECKPOINTS, SETS):
            shutil.rmtree(folder, ignore_errors=True)
        expected = {
            "keras": keras.__version__,
            "fingerprints": make_experts(),
            "summaries": make_summaries(),
            "distillation": make_distillation(),
        }
        text = json.dumps(expected, indent=2)
        (HERE / "expected.json").write_text(f"{text}\n")
        (UNDISTURBED / "expert_000.safetensors").unlink()
        make_sets()
    make_checkpoints()
