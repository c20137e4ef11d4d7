"""A checkpoint callback that resumes an interrupted distillation exactly."""

import json
import pathlib
import time
from typing import Any

import keras

from keras_tgdd.arguments import PathLike
from keras_tgdd.distillation.state import DistillationState
from keras_tgdd.runtime.fingerprint import differences
from keras_tgdd.storage.tensor_file import TensorFile
from keras_tgdd.storage.tensor_file import write_tensors

_FORMAT = "keras_tgdd.distillation_state"


class DistillationCheckpoint(keras.callbacks.Callback):
    """Keeps parameters, optimizer and step number on disk.

    `DistillationTrainer.fit` resumes from the file where there is one. Its
    `epochs * steps_per_epoch` then says where the distillation ends, counted
    from its first step: after a crash the same call continues, and after the
    end it returns at once. On one machine and backend the pixels are those of
    an undisturbed run, bit for bit, since every step draws from a generator of
    its own number. Not bitwise on compiled, multi-threaded PyTorch, or when a
    longer second call compiles a step that the first ran eagerly.

    Ctrl-C lets the step in progress finish, writes the file and then raises
    `KeyboardInterrupt`; a second Ctrl-C raises at once. Where `fit` runs in
    another thread than the main one, or under a signal handler that you
    installed, Ctrl-C is left alone.

    Keras' own callbacks work beside it, and do less in its place:

    - `BackupAndRestore` resumes with an epoch, not with a step within it, and
      does not keep the number of draws: they start again from the first, and
      the images differ from those of an undisturbed run. It does not tell
      distillations apart, overwrites in place, and makes later `fit` calls of
      the same trainer start with that epoch, too.
    - `ModelCheckpoint(save_weights_only=True)` keeps images, optimizer and
      step number of an epoch. `trainer.load_weights` reads them after
      `trainer.optimizer.build(trainer.trainable_variables)`; nothing resumes
      by itself. Whole trainers cannot be saved and loaded.
    - `CSVLogger` overwrites its file unless told `append=True`.
    - `TensorBoard`, which needs TensorFlow and tensorboard whatever the
      backend, continues the numbers of epochs, and counts single steps
      (`update_freq="batch"`) from the beginning of each call. It profiles on
      TensorFlow, on JAX from Python 3.12, not on PyTorch.

    Args:
        filepath: path of the safetensors file; its directory must exist.
        seconds: float, least time between two writes. `0` writes after each
            step. Defaults to `30`.

    Raises:
        FileNotFoundError: if the directory does not exist.
        ValueError: if `seconds` is negative.

    Example:

    ```python
    checkpoint = keras_tgdd.DistillationCheckpoint("run.safetensors")
    trainer.fit(x, y, steps_per_epoch=500, callbacks=[checkpoint])
    ```
    """

    def __init__(self, filepath: PathLike, seconds: float = 30.0) -> None:
        super().__init__()
        self.filepath = pathlib.Path(filepath)
        if not self.filepath.parent.is_dir():
            raise FileNotFoundError(
                "`filepath` must lie in a directory that exists. Received: "
                f"filepath={str(filepath)!r}"
            )
        if seconds < 0:
            raise ValueError(
                f"`seconds` must not be negative. Received: seconds={seconds}"
            )
        self.seconds = seconds
        self._written = 0.0
        self._state: DistillationState | None = None
        self._identity: dict[str, Any] = {}

    def restore(
        self,
        state: DistillationState,
        identity: dict[str, Any],
        last_step: int,
    ) -> None:
        """Restores the state of the file, if there is one; `fit` calls it.

        Args:
            state: `DistillationState`, which is written from now on.
            identity: JSON-compatible dict that tells this distillation from
                others.
            last_step: int, where the distillation is to end.

        Raises:
            ValueError: if the file belongs to another distillation, is
                further than `last_step`, or is damaged.
        """
        self._state, self._identity = state, identity
        if not self.filepath.is_file():
            return
        stored = TensorFile(self.filepath, _FORMAT)
        differing = differences(stored.get_json("identity", dict), identity)
        if differing:
            raise ValueError(
                f"{str(self.filepath)!r} is of another distillation; choose "
                "another file, or delete it. Received: " + "; ".join(differing)
            )
        step = stored.get_json("step", int)
        if step > last_step:
            raise ValueError(
                f"{str(self.filepath)!r} is at step {step}, and steps are not "
                "taken back; choose another file, or delete it. Received: an "
                f"end at step {last_step}"
            )
        if step > state.steps_made:
            state.write(stored.get_tensor)

    def on_train_begin(self, logs: dict | None = None) -> None:
        if self._state is None:
            raise ValueError(
                "A `DistillationCheckpoint` serves the `fit` of a "
                "`DistillationTrainer`; for other models there is "
                "`keras.callbacks.BackupAndRestore`. Received: a model of type "
                f"{type(self.model).__name__}"
            )
        self._written = time.monotonic()

    # At the beginning of a step: at its end Keras would wait for its logs.
    def on_train_batch_begin(
        self, batch: int, logs: dict | None = None
    ) -> None:
        if time.monotonic() - self._written >= self.seconds:
            self.write()

    def on_train_end(self, logs: dict | None = None) -> None:
        self.write()

    def write(self) -> None:
        """Writes the state as it is now."""
        _ = self.model  # brings JAX's state into the variables
        state = self._state
        if state is None:
            return
        metadata = {
            "format": _FORMAT,
            "identity": json.dumps(self._identity),
            "step": str(state.steps_made),
        }
        write_tensors(self.filepath, state.read(), metadata)
        self._written = time.monotonic()


def find_checkpoint(
    callbacks: list | None, automatic: bool
) -> DistillationCheckpoint | None:
    """Returns the checkpoint among callbacks, or `None`.

    Args:
        callbacks: list of `keras.callbacks.Callback`, or `None`.
        automatic: whether held-out draws decide when training stops.

    Raises:
        ValueError: if there are several, or one whose end is not known.
    """
    found = [
        callback
        for callback in callbacks or []
        if isinstance(callback, DistillationCheckpoint)
    ]
    if not found:
        return None
    if len(found) > 1:
        raise ValueError(
            "A distillation has one `DistillationCheckpoint`. Received: "
            f"{len(found)} of them"
        )
    if automatic:
        raise ValueError(
            "A `DistillationCheckpoint` does not keep what `epochs='auto'` "
            "has seen so far; give the number of epochs. Received: "
            "epochs='auto'"
        )
    return found[0]
