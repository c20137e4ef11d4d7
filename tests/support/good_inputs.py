"""Sound inputs, which tests spoil."""

import dataclasses
import pathlib

import numpy as np
from safetensors.numpy import save_file

import keras_tgdd
from keras_tgdd import DistillationCheckpoint
from keras_tgdd import ExpertTrajectories
from keras_tgdd.layers import SyntheticImages
from support.networks import small_network


@dataclasses.dataclass(frozen=True)
class Good:
    """Sound inputs to spoil.

    Attributes:
        x: uint8 images of three classes.
        y: labels.
        files: folder with `experts/`, `distilled.safetensors`,
            `summaries.safetensors` and `state.safetensors`.
        place: empty folder to work in.
    """

    x: np.ndarray
    y: np.ndarray
    files: pathlib.Path
    place: pathlib.Path

    @property
    def experts(self):
        return ExpertTrajectories.load(self.files / "experts")

    def trainer(self, shape=(8, 8, 1), num_classes=3, **kwargs):
        synthetic = SyntheticImages(num_classes, 1, shape)
        return keras_tgdd.DistillationTrainer(synthetic, self.experts, **kwargs)

    def spoilt(self, name, change):
        """A copy of a file whose bytes a function changed."""
        content = (self.files / name).read_bytes()
        path = self.place / pathlib.Path(name).name
        path.write_bytes(change(content))
        return path

    def written(self, tensors, **metadata):
        """A file of a foreign hand, that says it is a distilled set."""
        path = self.place / "made.safetensors"
        whole = {
            "format": "keras_tgdd.distilled",
            "class_names": '["a", "b"]',
            "factor": "1",
            "info": "{}",
        }
        tensors = {
            "images": np.zeros((2, 1, 4, 4, 1), "float32"),
            "labels": np.array([[0], [1]]),
            "mean": np.zeros(1, "float32"),
            "std": np.ones(1, "float32"),
            **tensors,
        }
        save_file(tensors, path, {**whole, **metadata})
        return path


def make_good(directory):
    """Makes sound inputs in a folder, which takes some seconds."""
    directory = pathlib.Path(directory)
    files, place = directory / "good", directory / "place"
    place.mkdir(parents=True)
    generator = np.random.default_rng(0)
    y = np.repeat(np.arange(3), 6)
    x = generator.integers(0, 256, (18, 8, 8, 1)).astype("uint8")
    experts = keras_tgdd.train_experts(
        (x, y),
        small_network,
        num_experts=1,
        epochs=1,
        directory=files / "experts",
        verbose=0,
    )
    synthetic = SyntheticImages(3, 1, (8, 8, 1))
    trainer = keras_tgdd.DistillationTrainer(synthetic, experts)
    state = DistillationCheckpoint(files / "state.safetensors")
    trainer.fit(x, y, steps_per_epoch=1, callbacks=[state], verbose=0)
    trainer.distilled_dataset().save(files / "distilled.safetensors")
    summaries = keras_tgdd.summarize(experts, (x, y), plan=2, verbose=0)
    summaries.save(files / "summaries.safetensors")
    return Good(x, y, files, place)
