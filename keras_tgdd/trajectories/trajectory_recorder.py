"""A callback that records the weights of a network during `fit`."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_class_names
from keras_tgdd.arguments import check_writable
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.datasets.normalization import check_normalization
from keras_tgdd.models.frozen_network import FrozenNetwork
from keras_tgdd.trajectories.expert_files import ExpertWriter


class TrajectoryRecorder(keras.callbacks.Callback):
    """Stores a snapshot at the start and after every epoch of `model.fit`.

    The result is one expert that `ExpertTrajectories.load` reads: one
    safetensors file, written when training ends. If `fit` is interrupted, the
    snapshots of finished epochs stay in a folder beside that file.

    Args:
        directory: path, created if it does not exist.
        normalization: `Normalization` of the network's inputs, which you must
            apply to the images yourself. The default is that of images in
            [0, 1]. A network that rescales images in 0–255 itself has
            `Normalization(0.0, 1 / 255)`.
        expert: int, number of the expert in the directory. Defaults to `0`.
        network: the `keras.Model` to record. `None`, the default, records the
            model that is fitted.
        feature_layer: name of the layer where features are read, or a
            sequence of names. `None`, the default, takes the input of the
            last dense layer.
        class_names: optional sequence of strings, one per class.
        description: optional JSON-compatible dict of further entries to store.
        resume: whether to resume from the snapshots of an interrupted `fit`.
            If so, weights and optimizer are restored when `fit` starts; pass
            `initial_epoch=recorder.initial_epoch` to it. `False`, the
            default, overwrites the snapshots.

    Attributes:
        initial_epoch: int, number of finished epochs to resume from.

    Raises:
        OSError: if the directory cannot be written.
        FileExistsError: if this expert is already complete.
        TypeError: if `normalization` is no `Normalization`.
        ValueError: if the network is not functional, the normalization or the
            class names do not fit it, or the interrupted run differs.

    Example:

    ```python
    recorder = keras_tgdd.TrajectoryRecorder("experts")
    model.fit(x_train / 255.0, y_train, epochs=20, callbacks=[recorder])
    experts = keras_tgdd.ExpertTrajectories.load("experts")
    ```
    """

    _frozen: FrozenNetwork
    _writer: ExpertWriter
    _resumed: tuple[int, np.ndarray, list[np.ndarray]] | None

    def __init__(
        self,
        directory: PathLike,
        *,
        normalization: Normalization = Normalization(),
        expert: int = 0,
        network: keras.Model | None = None,
        feature_layer: str | Sequence[str] | None = None,
        class_names: Sequence[str] | None = None,
        description: dict | None = None,
        resume: bool = False,
    ) -> None:
        super().__init__()
        check_writable(directory)
        self.directory = directory
        self.normalization = normalization
        self.expert = expert
        self.network = network
        self.feature_layer = feature_layer
        self.class_names = class_names
        self.description = description or {}
        self.resume = resume
        self.initial_epoch = 0
        self._prepared = False
        if network is not None:
            self._prepare(network)

    def on_train_begin(self, logs: dict | None = None) -> None:
        if not self._prepared:
            self._prepare(self.model)
        optimizer = self.model.optimizer
        if not optimizer.built:  # TensorFlow builds it in the first step
            optimizer.build(self.model.trainable_variables)
        if self._resumed is None:
            self._writer.discard()
            self._append(0, {})
        else:
            _, weights, optimizer_state = self._resumed
            self._frozen.assign(weights)
            self._restore(optimizer, optimizer_state)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._append(epoch + 1, logs or {})

    def on_train_end(self, logs: dict | None = None) -> None:
        self._writer.finish()

    def _prepare(self, network):
        """Checks the arguments against the network; reads what to resume."""
        self._frozen = FrozenNetwork(network, self.feature_layer)
        description = describe(
            self._frozen, self.normalization, self.class_names
        )
        self._writer = ExpertWriter(
            self.directory, self.expert, {**description, **self.description}
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
        self._prepared = True

    def _restore(self, optimizer, state):
        if len(state) != len(optimizer.variables):
            raise ValueError(
                f"{str(self._writer.folder)!r} was recorded with another "
                "optimizer; compile with that one, or pass `resume=False`. "
                f"Received: an optimizer of {len(optimizer.variables)} "
                f"variables, stored are {len(state)}"
            )
        for variable, value in zip(optimizer.variables, state, strict=True):
            variable.assign(value)

    def _append(self, snapshot, logs):
        accuracies = (
            logs.get("accuracy", np.nan),
            logs.get("val_accuracy", np.nan),
        )
        optimizer = self.model.optimizer
        self._writer.append(
            snapshot,
            self._frozen.flat_weights(),
            accuracies,
            [ops.convert_to_numpy(v.value) for v in optimizer.variables],
        )


def describe(
    frozen: FrozenNetwork,
    normalization: Normalization,
    class_names: Sequence[str] | None = None,
) -> dict:
    """Describes a recorded network and its inputs, as stored in its file.

    Args:
        frozen: `FrozenNetwork`.
        normalization: `Normalization` of its inputs.
        class_names: optional sequence of strings, one per class.

    Returns:
        JSON-compatible dict.

    Raises:
        TypeError: if `normalization` is no `Normalization`.
        ValueError: if normalization or class names do not fit the network.
    """
    normalization = check_normalization(normalization, frozen.image_shape[-1])
    return {
        "network": frozen.architecture(),
        "weight_shapes": frozen.weight_shapes,
        "feature_layer": frozen.feature_layer,
        "image_shape": frozen.image_shape,
        "num_classes": frozen.num_classes,
        "mean": normalization.mean.tolist(),
        "std": normalization.std.tolist(),
        "class_names": check_class_names(class_names, frozen.num_classes),
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }
