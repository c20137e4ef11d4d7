"""The training trajectories of expert networks."""

import pathlib

import keras
import numpy as np

# Imported so that stored networks which use them can be rebuilt.
from keras_tgdd import layers as _layers  # noqa: F401
from keras_tgdd.annotations import PathLike
from keras_tgdd.models.frozen_network import FrozenNetwork
from keras_tgdd.storage.expert_files import ExpertReader
from keras_tgdd.storage.expert_files import check_same
from keras_tgdd.trajectories.trajectory import Trajectory


class ExpertTrajectories(Trajectory):
    """Snapshots of expert networks, from initialization to convergence.

    `train_experts` and `TrajectoryRecorder` write them; `load` reads them
    under any backend. Snapshots stay on disk and are read when drawn.

    Args:
        readers: list of `ExpertReader`, one an expert.
        network: optional functional `keras.Model` to hold the weights.
            `None` rebuilds the stored one.
        feature_layer: name of the layer where features are read. `None`
            takes what was stored.

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
        feature_layer: str | None = None,
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
            network = keras.models.model_from_json(self.description["network"])
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
        feature_layer: str | None = None,
    ) -> "ExpertTrajectories":
        """Loads all finished experts of a directory.

        Args:
            directory: path that `train_experts` or `TrajectoryRecorder`
                wrote.
            network: optional functional `keras.Model` to hold the weights;
                must have the stored architecture and image shape.
            feature_layer: name of the layer where features are read.

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

    def draw(
        self, generator: np.random.Generator, region: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws an expert, a stage j and a stage k of its region.

        `j ~ U{0..M}` and `k ~ U{j..min(j + region - 1, M)}`, with M the
        number of epochs.
        """
        expert = int(generator.integers(self.num_experts))
        last = self.num_snapshots(expert) - 1
        stage = int(generator.integers(last + 1))
        later = int(
            generator.integers(stage, min(stage + region - 1, last) + 1)
        )
        return self.weights(expert, stage), self.weights(expert, later)

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
