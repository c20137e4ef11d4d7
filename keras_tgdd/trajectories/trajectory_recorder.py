"""Records the weights of a network while `fit` trains it."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_statistics
from keras_tgdd.arguments import check_writable
from keras_tgdd.models.frozen_network import FrozenNetwork
from keras_tgdd.trajectories.expert_files import ExpertWriter


class TrajectoryRecorder(keras.callbacks.Callback):
    """Stores a snapshot at the start and after every epoch of `model.fit`.

    What it writes is an expert for `ExpertTrajectories.load`: one safetensors
    file, complete when training ends. If `fit` is killed, the finished epochs
    stay in a folder beside it.

    Args:
        directory: path, created where missing.
        mean: floats of shape `(channels,)` or one float, in [0, 1] pixel
            units: your network is fed `(image - mean) / std` for images in
            [0, 1]. Defaults to `0.0`, raw images in [0, 1]. A network that
            rescales 0–255 itself has `mean=0.0, std=1 / 255`.
        std: as `mean`. Defaults to `1.0`.
        expert: int, number of the expert in the directory. Defaults to `0`.
        network: the `keras.Model` to record. Defaults to the model that is
            fitted.
        feature_layer: name of the layer where features are read. `None`
            takes the input of the last dense layer.
        class_names: optional sequence of strings.
        description: optional dict of further entries to store.
        resume: whether to continue from finished epochs of a killed run:
            weights and optimizer are restored when `fit` starts; pass it
            `initial_epoch=recorder.initial_epoch`. `False` overwrites them.
            Defaults to `False`.

    Raises:
        OSError: if the directory cannot be written.
        FileExistsError: if this expert is already complete.
        ValueError: if the network is not functional, or a stored run differs.

    Example:

    ```python
    recorder = keras_tgdd.TrajectoryRecorder("experts")
    model.fit(x_train / 255.0, y_train, epochs=20, callbacks=[recorder])
    trajectories = keras_tgdd.ExpertTrajectories.load("experts")
    ```
    """

    def __init__(
        self,
        directory: PathLike,
        mean: ArrayLike = 0.0,
        std: ArrayLike = 1.0,
        expert: int = 0,
        network: keras.Model | None = None,
        feature_layer: str | None = None,
        class_names: Sequence[str] | None = None,
        description: dict | None = None,
        resume: bool = False,
    ) -> None:
        super().__init__()
        check_writable(directory)
        self.directory = directory
        self.mean, self.std = mean, std
        self.expert = expert
        self.network = network
        self.feature_layer = feature_layer
        self.class_names = class_names
        self.description = description or {}
        self.resume = resume
        self.initial_epoch = 0
        self._writer = None
        if network is not None:
            self._prepare(network)

    def on_train_begin(self, logs: dict | None = None) -> None:
        if self._writer is None:
            self._prepare(self.model)
        if self._resumed is not None:
            epoch, weights, optimizer_state = self._resumed
            self._frozen.assign(weights)
            variables = self.model.optimizer.variables
            for variable, value in zip(variables, optimizer_state, strict=True):
                variable.assign(value)
            return
        self._writer.discard()
        self._append(0, {})

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._append(epoch + 1, logs or {})

    def on_train_end(self, logs: dict | None = None) -> None:
        self._writer.finish()

    def _prepare(self, network):
        self._frozen = FrozenNetwork(network, self.feature_layer)
        check_statistics(self.mean, self.std, self._frozen.image_shape[-1])
        self._writer = ExpertWriter(
            self.directory,
            self.expert,
            {**describe(self._frozen, self), **self.description},
        )
        if self._writer.finished:
            raise FileExistsError(
                f"Expert {self.expert} is already complete: "
                f"{str(self._writer.filepath)!r}. Delete it, or pass another "
                "`expert=` number or directory."
            )
        self._resumed = self._writer.resume() if self.resume else None
        if self._resumed is not None:
            self.initial_epoch = self._resumed[0]

    def _append(self, epoch, logs):
        accuracies = (
            logs.get("accuracy", np.nan),
            logs.get("val_accuracy", np.nan),
        )
        optimizer = self.model.optimizer
        self._writer.append(
            epoch,
            self._frozen.flat_weights(),
            accuracies,
            [ops.convert_to_numpy(v.value) for v in optimizer.variables],
        )


def describe(frozen: FrozenNetwork, recorder: Any) -> dict:
    """Describes a recorded network and what it is fed, for storage."""
    channels = frozen.image_shape[-1]
    return {
        "network": frozen.architecture(),
        "weight_shapes": frozen.weight_shapes,
        "feature_layer": frozen.feature_layer,
        "image_shape": frozen.image_shape,
        "num_classes": frozen.num_classes,
        "mean": per_channel(recorder.mean, channels),
        "std": per_channel(recorder.std, channels),
        "class_names": recorder.class_names and list(recorder.class_names),
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }


def per_channel(value: Any, channels: int) -> list[float]:
    """Broadcasts a number or sequence to a list of one float a channel."""
    return np.broadcast_to(np.float32(value), (channels,)).tolist()
