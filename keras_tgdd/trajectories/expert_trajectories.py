"""The training trajectories of expert networks."""

import hashlib
import json
import math
import pathlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

# Imported so that stored networks which use them can be rebuilt.
from keras_tgdd import layers as _layers  # noqa: F401
from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import to_unit_range
from keras_tgdd.distillation.summaries.summaries import Summaries
from keras_tgdd.distillation.summaries.summarize import summarize_data
from keras_tgdd.distillation.summaries.summary_plan import SummaryPlan
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.models.frozen_network import FrozenNetwork
from keras_tgdd.models.rebuilding import rebuild_network
from keras_tgdd.objectives.class_mean_matching import ClassMeanMatching
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.runtime.compilation import default_jit_compile
from keras_tgdd.runtime.compilation import keep_freed_memory
from keras_tgdd.trajectories.expert_files import ExpertReader
from keras_tgdd.trajectories.expert_files import check_same
from keras_tgdd.trajectories.trajectory import Trajectory

# Images of each class in a summary: twice those of a live step.
SAMPLES_PER_CLASS = 256
_DRAWS_PER_STAGE = 4


class ExpertTrajectories(Trajectory):
    """Snapshots of expert networks, from initialization to convergence.

    `train_experts` and `TrajectoryRecorder` write them; `load` reads them
    under any backend. Snapshots stay on disk and are read when drawn.

    Args:
        readers: list of `ExpertReader`, one an expert.
        network: optional functional `keras.Model` to hold the weights.
            `None` rebuilds the stored one; if that computed in mixed
            precision, in the one that is fastest here.
        feature_layer: name of the layer where features are read, or a
            sequence of names. `None` takes what was stored.

    Attributes:
        num_experts: int.
        image_shape: triple of ints, `(height, width, channels)`.
        num_classes: int.
        description: dict, how the first expert was made.

    Raises:
        ValueError: if there are no experts, they differ in network, data or
            recipe, or `network` does not fit them.

    References:
        - [TGDD](https://arxiv.org/abs/2512.02469)
    """

    def __init__(
        self,
        readers: list[ExpertReader],
        network: keras.Model | None = None,
        feature_layer: str | Sequence[str] | None = None,
    ) -> None:
        if not readers:
            raise ValueError("At least one expert is needed. Received: none")
        self._readers = list(readers)
        self.description = self._readers[0].description
        for reader in self._readers[1:]:
            unseeded = {
                **reader.description,
                "seed": self.description.get("seed"),
            }
            check_same(reader.filepath, unseeded, self.description)
        if network is None:
            network = rebuild_network(self.description["network"])
        self.network = FrozenNetwork(
            network, feature_layer or self.description["feature_layer"]
        )
        self._check_network()
        self.image_shape = self.network.image_shape
        self.num_classes = self.network.num_classes
        self.num_experts = len(self._readers)
        self.mean = np.float32(self.description["mean"])
        self.std = np.float32(self.description["std"])
        names = self.description["class_names"]
        self.class_names = None if names is None else tuple(names)

    @classmethod
    def load(
        cls,
        directory: PathLike,
        network: keras.Model | None = None,
        feature_layer: str | Sequence[str] | None = None,
    ) -> "ExpertTrajectories":
        """Loads all finished experts of a directory.

        Args:
            directory: path that `train_experts` or `TrajectoryRecorder`
                wrote.
            network: optional functional `keras.Model` to hold the weights;
                must have the stored architecture and image shape.
            feature_layer: name of the layer where features are read, or a
                sequence of names. `None` takes what was stored.

        Returns:
            `ExpertTrajectories`.

        Raises:
            FileNotFoundError: if there is no finished expert.
            ValueError: if a file is damaged, or `network` does not fit.
        """
        directory = pathlib.Path(directory)
        paths = sorted(directory.glob("expert_*.safetensors"))
        if not paths:
            partial = sorted(p.name for p in directory.glob("*.partial"))
            remedy = (
                f"Training of {partial} was interrupted: run it again with "
                "the same arguments to finish it."
                if partial
                else "Make some with `keras_tgdd.train_experts`."
            )
            raise FileNotFoundError(
                f"No finished experts in {str(directory)!r}. {remedy}"
            )
        readers = [ExpertReader(path) for path in paths]
        return cls(readers, network, feature_layer)

    def reading(
        self, feature_layer: str | Sequence[str]
    ) -> "ExpertTrajectories":
        """Returns these experts, with features read elsewhere.

        Args:
            feature_layer: name of a layer, or a sequence of names.

        Returns:
            `ExpertTrajectories` that share files and network with these.
        """
        return type(self)(self._readers, self.network.network, feature_layer)

    def num_snapshots(self, expert: int) -> int:
        """Number of snapshots of an expert: its epochs plus one."""
        return self._readers[expert].num_snapshots

    def weights(self, expert: int, epoch: int) -> np.ndarray:
        """Returns a snapshot.

        Args:
            expert: int, number of the expert.
            epoch: int; 0 is the initialization, -1 the last snapshot.

        Returns:
            float32 array of shape `(network.num_weights,)`.
        """
        return self._readers[expert].weights(epoch)

    def accuracies(self, expert: int) -> np.ndarray:
        """Returns accuracy after each epoch.

        Args:
            expert: int, number of the expert.

        Returns:
            float32 array of shape `(num_snapshots, 2)`: on training data (as
            augmented) and on test data, in [0, 1], NaN where not measured.
        """
        return self._readers[expert].accuracies

    def features(
        self,
        x: np.ndarray,
        expert: int = 0,
        epoch: int = -1,
        batch_size: int = 500,
    ) -> np.ndarray:
        """Reads the features of images under one snapshot.

        Args:
            x: array of shape `(n, height, width, channels)`, uint8 in 0–255
                or float in [0, 1].
            expert: int, number of the expert. Defaults to `0`.
            epoch: int, number of the snapshot. Defaults to `-1`, the last.
            batch_size: positive int, images at a time. Defaults to `500`.

        Returns:
            float32 array of shape `(n, network.feature_size)`.

        Raises:
            TypeError, ValueError: if `x` is not images of the experts' shape.
        """
        return self.predict(x, expert, epoch, batch_size)[0]

    def predict(
        self,
        x: np.ndarray,
        expert: int = 0,
        epoch: int = -1,
        batch_size: int = 500,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Reads the features and the outputs of images under one snapshot.

        Args:
            x: as in `features`.
            expert: int, number of the expert. Defaults to `0`.
            epoch: int, number of the snapshot. Defaults to `-1`, the last.
            batch_size: positive int, images at a time. Defaults to `500`.

        Returns:
            Two float32 arrays, of shape `(n, network.feature_size)` and
            `(n, num_classes)`: features, and logits or, of a network that
            ends in a softmax, probabilities.

        Raises:
            TypeError, ValueError: if `x` is not images of the experts' shape.
        """
        check_images(x, self.image_shape)
        check_positive_int("batch_size", batch_size)
        weights = self.weights(expert, epoch)
        pixels = len(x) * math.prod(self.image_shape[:2])
        jit_compile = default_jit_compile(pixels) is True
        keep_freed_memory(pixels)
        batch_size = min(batch_size, len(x))
        parts = []
        for start in range(0, len(x), batch_size):
            images = to_unit_range(x[start : start + batch_size])
            # One shape is one program.
            images = np.resize(images, (batch_size, *images.shape[1:]))
            images = (images - self.mean) / self.std
            parts.append(self.network.predict(weights, images, jit_compile))
        features, outputs = (
            np.concatenate(p) for p in zip(*parts, strict=True)
        )
        return features[: len(x)], outputs[: len(x)]

    def draw(
        self, generator: np.random.Generator, region: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws an expert, a stage j and a stage k of its region.

        `j ~ U{0..M}` and `k ~ U{j..min(j + region - 1, M)}`, with M the
        number of epochs.
        """
        expert, stage = self._draw_stage(generator)
        later = self.draw_later(generator, expert, stage, region)
        return self.weights(expert, stage), self.weights(expert, later)

    def describe_draw(self, generator: np.random.Generator, region: int) -> str:
        """Names the expert and the stage that `draw` would draw."""
        expert, stage = self._draw_stage(generator)
        return f"expert {expert}, snapshot {stage}"

    def _draw_stage(self, generator):
        expert = int(generator.integers(self.num_experts))
        return expert, int(generator.integers(self.num_snapshots(expert)))

    def draw_later(
        self,
        generator: np.random.Generator,
        expert: int,
        stage: int,
        region: int,
    ) -> int:
        """Draws a stage k of the region of a stage, as in `draw`."""
        last = min(stage + region, self.num_snapshots(expert))
        return int(generator.integers(stage, last))

    def fingerprint(self) -> str:
        """Returns a SHA-256 hex digest that tells these experts from others.

        Covers their descriptions, accuracies and last weights, and where
        features are read if that is not where it was at first.
        """
        digest = hashlib.sha256()
        read = json.dumps(self.network.feature_layer)
        if read != json.dumps(self.description["feature_layer"]):
            digest.update(read.encode())
        for expert, reader in enumerate(self._readers):
            text = json.dumps(reader.description, sort_keys=True)
            digest.update(text.encode())
            for array in (self.accuracies(expert), self.weights(expert, -1)):
                digest.update(np.ascontiguousarray(array, "<f4").data)
        return digest.hexdigest()

    def summarize(
        self,
        x: Any,
        y: np.ndarray | None = None,
        objective: Objective | None = None,
        augmentation: SiameseAugmentation | None = None,
        plan: int | SummaryPlan | None = None,
        samples_per_class: int | None = SAMPLES_PER_CLASS,
        directory: PathLike | None = None,
        verbose: int = 1,
    ) -> Summaries:
        """Computes the real half of an objective, once.

        The result stands in for the data in `DistillationTrainer.fit`. It is
        kept as one safetensors file beside the experts, and a second call
        finds it there. A part of the data at a time, even on other machines,
        will do: `merge` the results.

        Args:
            x: array of shape `(n, height, width, channels)`, uint8 in 0–255
                or float in [0, 1]; or an `ImageDataset`; or batches, as
                `train_experts` takes them; or an `ImageStream`, for data that
                do not fit in memory.
            y: int array of shape `(n,)`, labels in `[0, num_classes)`; a part
                of a data set may lack classes. `None` where `x` brings them.
            objective: cacheable `Objective`. Defaults to
                `ClassMeanMatching()`.
            augmentation: `SiameseAugmentation`, the trainer's. Defaults to
                colour, crop, cutout.
            plan: `SummaryPlan`, or how many (expert, stage, draw) triples to
                summarize. `None` takes the objective's, or four for each
                snapshot.
            samples_per_class: int, images of each class in a summary, drawn
                anew for each; `None`, or more than there are, takes all.
                Defaults to `256`.
            directory: path where the file is kept. `None` takes the experts'.
            verbose: `0` is silent, `1` shows a progress bar. Defaults to `1`.

        Returns:
            `Summaries`.

        Raises:
            TypeError, ValueError: if the data are not images with labels, or
                the objective cannot be cached.
            OSError: if `directory` cannot be written, or the summaries would
                not fit on its disk.
        """
        objective = objective or ClassMeanMatching()
        if plan is None:
            plan = objective.summary_plan or default_entries(self)
        if not isinstance(plan, SummaryPlan):
            plan = SummaryPlan(plan)
        if directory is None:
            directory = pathlib.Path(self._readers[0].filepath).parent
        return summarize_data(
            self,
            x,
            y,
            objective,
            augmentation or SiameseAugmentation(),
            plan,
            samples_per_class,
            directory,
            verbose,
        )

    def _check_network(self):
        stored_image = tuple(self.description["image_shape"])
        if self.network.image_shape != stored_image:
            raise ValueError(
                "The experts were trained on images of shape "
                f"{stored_image}. Received: a network for images of shape "
                f"{self.network.image_shape}"
            )
        stored = [tuple(s) for s in self.description["weight_shapes"]]
        if self.network.weight_shapes != stored:
            raise ValueError(
                "The experts have another architecture, with weights of "
                f"shapes {stored}. Received: a network with weights of "
                f"shapes {self.network.weight_shapes}"
            )


def check_experts(experts: Any) -> None:
    """Raises `TypeError` unless `experts` are `ExpertTrajectories`."""
    if not isinstance(experts, ExpertTrajectories):
        raise TypeError(
            "`experts` must be `ExpertTrajectories`, as `train_experts` and "
            "`ExpertTrajectories.load` return them. Received: "
            f"{type(experts).__name__}"
        )


def default_entries(trajectories: ExpertTrajectories) -> int:
    """Number of summaries that serve as well as live images: four draws of
    each stage."""
    return _DRAWS_PER_STAGE * sum(
        trajectories.num_snapshots(expert)
        for expert in range(trajectories.num_experts)
    )
