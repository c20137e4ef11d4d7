"""The training trajectories of expert networks."""

import json
import math
import pathlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.models.frozen_network import FrozenNetwork
from keras_tgdd.models.rebuilding import rebuild_network
from keras_tgdd.runtime.compilation import default_jit_compile
from keras_tgdd.runtime.compilation import keep_freed_memory
from keras_tgdd.runtime.fingerprint import digest_all
from keras_tgdd.trajectories.expert_files import ExpertReader
from keras_tgdd.trajectories.expert_files import check_same
from keras_tgdd.trajectories.trajectory import NetworkDraw
from keras_tgdd.trajectories.trajectory import Trajectory


class ExpertTrajectories(Trajectory):
    """Snapshots of expert networks, from initialization to convergence.

    `train_experts` and `TrajectoryRecorder` write experts; `load` reads them,
    on any backend. Snapshots stay on disk and are read when they are drawn.

    Args:
        readers: list of `ExpertReader`, one per expert.
        network: optional functional `keras.Model` to hold the weights.
            `None`, the default, rebuilds the stored one; if that computed in
            mixed precision, then in the mixed precision that is fastest on
            this backend.
        feature_layer: name of the layer where features are read, or a
            sequence of names. `None`, the default, takes the stored one.

    Attributes:
        num_experts: int.
        image_shape: triple of ints, `(height, width, channels)`.
        num_classes: int.
        description: dict, the stored description of the first expert.
        directory: `pathlib.Path` of the directory of the first expert's file.

    Raises:
        ValueError: if there are no experts, they differ in network, data or
            recipe, or `network` does not fit them.

    Example:

    ```python
    snapshot = experts.weights(expert=0, snapshot=-1)
    features = experts.features(x)
    ```

    References:
        - [TGDD](https://arxiv.org/abs/2512.02469)
    """

    def __init__(
        self,
        readers: Sequence[ExpertReader],
        network: keras.Model | None = None,
        feature_layer: str | Sequence[str] | None = None,
    ) -> None:
        if not readers:
            raise ValueError("At least one expert is needed. Received: none")
        self._readers = list(readers)
        self.description = self._readers[0].description
        self.directory = pathlib.Path(self._readers[0].filepath).parent
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
        self.normalization = Normalization(
            self.description["mean"], self.description["std"]
        ).for_channels(self.image_shape[-1])
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
            directory: path that `train_experts` or `TrajectoryRecorder` wrote
                to.
            network: optional functional `keras.Model` to hold the weights,
                with the stored architecture and image shape.
            feature_layer: name of the layer where features are read, or a
                sequence of names. `None`, the default, takes the stored one.

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
                else "Train experts with `keras_tgdd.train_experts`."
            )
            raise FileNotFoundError(
                f"No finished experts in {str(directory)!r}. {remedy}"
            )
        readers = [ExpertReader(path) for path in paths]
        return cls(readers, network, feature_layer)

    def with_feature_layer(
        self, feature_layer: str | Sequence[str]
    ) -> "ExpertTrajectories":
        """Returns the same experts with another feature layer.

        Args:
            feature_layer: name of a layer, or a sequence of names.

        Returns:
            `ExpertTrajectories` that share files and network with these.

        Raises:
            ValueError: if the network has no such layer.
        """
        return type(self)(self._readers, self.network.network, feature_layer)

    def num_snapshots(self, expert: int) -> int:
        """Returns the number of snapshots of an expert, including the initial
        weights."""
        return self._readers[expert].num_snapshots

    def weights(self, expert: int, snapshot: int) -> np.ndarray:
        """Returns the weights of a snapshot.

        Args:
            expert: int, number of the expert.
            snapshot: int, number of the snapshot; 0 is the initialization, -1
                the last snapshot.

        Returns:
            float32 array of shape `(network.num_weights,)`.
        """
        return self._readers[expert].weights(snapshot)

    def accuracies(self, expert: int) -> np.ndarray:
        """Returns the accuracies of an expert at each snapshot.

        Args:
            expert: int, number of the expert.

        Returns:
            float32 array of shape `(num_snapshots, 2)`: accuracy on augmented
            training data and on test data, in [0, 1], NaN where not measured.
        """
        return self._readers[expert].accuracies

    def features(
        self,
        x: np.ndarray,
        expert: int = 0,
        snapshot: int = -1,
        batch_size: int = 500,
    ) -> np.ndarray:
        """Computes the features of images under one snapshot.

        Args:
            x: array of shape `(n, height, width, channels)`, uint8 in 0–255
                or float in [0, 1].
            expert: int, number of the expert. Defaults to `0`.
            snapshot: int, number of the snapshot. Defaults to `-1`, the last.
            batch_size: positive int, images at a time. Defaults to `500`.

        Returns:
            float32 array of shape `(n, network.feature_size)`.

        Raises:
            TypeError, ValueError: if `x` is no array of images of the experts'
                shape, or `batch_size` is not positive.
        """
        return self.predict(x, expert, snapshot, batch_size)[0]

    def predict(
        self,
        x: np.ndarray,
        expert: int = 0,
        snapshot: int = -1,
        batch_size: int = 500,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Computes features and outputs of images under one snapshot.

        Args:
            x: as in `features`.
            expert: int, number of the expert. Defaults to `0`.
            snapshot: int, number of the snapshot. Defaults to `-1`, the last.
            batch_size: positive int, images at a time. Defaults to `500`.

        Returns:
            Two float32 arrays, of shape `(n, network.feature_size)` and
            `(n, num_classes)`: features, and logits or, if the network ends
            in a softmax, probabilities.

        Raises:
            TypeError, ValueError: as `features`.
        """
        check_images(x, self.image_shape)
        check_positive_int("batch_size", batch_size)
        weights = self.weights(expert, snapshot)
        pixels = len(x) * math.prod(self.image_shape[:2])
        jit_compile = default_jit_compile(pixels) is True
        keep_freed_memory(pixels)
        batch_size = min(batch_size, len(x))
        parts = []
        for start in range(0, len(x), batch_size):
            images = x[start : start + batch_size]
            # All batches have one shape, which is compiled once.
            images = np.resize(images, (batch_size, *images.shape[1:]))
            images = self.normalization.apply(images)
            parts.append(self.network.predict(weights, images, jit_compile))
        features, outputs = (
            np.concatenate(p) for p in zip(*parts, strict=True)
        )
        return features[: len(x)], outputs[: len(x)]

    def draw(self, generator: np.random.Generator, region: int) -> NetworkDraw:
        """Draws an expert, a snapshot j, and a snapshot k of its region.

        `j ~ U{0..M}` and `k ~ U{j..min(j + region - 1, M)}`, where M is the
        number of the last snapshot. Features use snapshot j, the constraint
        snapshot k.
        """
        expert, snapshot = self._draw_snapshot(generator)
        later = self.draw_later(generator, expert, snapshot, region)
        return NetworkDraw(
            self.weights(expert, snapshot), self.weights(expert, later)
        )

    def describe_draw(self, generator: np.random.Generator, region: int) -> str:
        """Names the expert and the snapshot j that `draw` would draw."""
        expert, snapshot = self._draw_snapshot(generator)
        return f"expert {expert}, snapshot {snapshot}"

    def _draw_snapshot(self, generator):
        expert = int(generator.integers(self.num_experts))
        return expert, int(generator.integers(self.num_snapshots(expert)))

    def draw_later(
        self,
        generator: np.random.Generator,
        expert: int,
        snapshot: int,
        region: int,
    ) -> int:
        """Draws a snapshot k of the region of a snapshot, as in `draw`.

        Args:
            generator: `numpy.random.Generator`.
            expert: int, number of the expert.
            snapshot: int, number of the snapshot j; not negative.
            region: positive int, length of the expert region.

        Returns:
            Int, number of the snapshot k.
        """
        end = min(snapshot + region, self.num_snapshots(expert))
        return int(generator.integers(snapshot, end))

    def fingerprint(self) -> str:
        """Returns a SHA-256 hex digest of the experts.

        It covers their descriptions, accuracies and last weights, and the
        feature layer if it is not the stored one.
        """
        return digest_all(self._fingerprint_parts())

    def _fingerprint_parts(self):
        feature_layer = json.dumps(self.network.feature_layer)
        if feature_layer != json.dumps(self.description["feature_layer"]):
            yield feature_layer
        for expert, reader in enumerate(self._readers):
            yield json.dumps(reader.description, sort_keys=True)
            for array in (self.accuracies(expert), self.weights(expert, -1)):
                yield np.ascontiguousarray(array, "<f4")

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
