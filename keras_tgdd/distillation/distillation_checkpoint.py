"""A distillation that goes on where it was ended, however it was ended."""

import hashlib
import json
import pathlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import PathLike
from keras_tgdd.distillation.description import describe_distillation
from keras_tgdd.distillation.summaries.summarize import describe_parts
from keras_tgdd.distillation.summaries.summarize import fingerprint_of
from keras_tgdd.runtime.fingerprint import differences
from keras_tgdd.runtime.fingerprint import settings_fingerprint
from keras_tgdd.storage.tensor_file import TensorFile
from keras_tgdd.storage.tensor_file import write_tensors

if TYPE_CHECKING:
    from keras_tgdd.distillation.step_source import StepSource
    from keras_tgdd.distillation.trainer import DistillationTrainer

_FORMAT = "keras_tgdd.distillation_state"


class DistillationCheckpoint(keras.callbacks.Callback):
    """Keeps pixels, optimizer and step number on disk.

    `DistillationTrainer.fit` goes on from the file where there is one. Its
    `epochs * steps_per_epoch` then says where the distillation ends, counted
    from its first step: the same call again, after a crash, continues, and
    after the end returns at once. On one machine and backend its pixels are
    those of an undisturbed run, bit for bit, since every step draws from a
    generator of its own number. (Seen otherwise on PyTorch, compiled and in
    several threads: one `fit` after another in one process rounds otherwise.)
    A longer call goes on from the end; where it is long enough to be compiled
    and the first was not, that rounds otherwise.

    Ctrl-C lets the step in progress finish, writes the file and then raises
    `KeyboardInterrupt`; a second Ctrl-C raises at once. Where `fit` runs in
    another thread than the main one, or under a signal handler of your own,
    that is left alone.

    Keras' own callbacks work beside it, and do less in its place:

    - `BackupAndRestore` goes on with an epoch, not with a step within it, and
      keeps no number of draws: they begin anew, and the images are others
      than those of an undisturbed run. It tells no distillations apart,
      overwrites in place, and lets later `fit` calls of the same trainer
      begin with that epoch too.
    - `ModelCheckpoint(save_weights_only=True)` keeps images, optimizer and
      step number of an epoch. `trainer.load_weights` reads them after
      `trainer.optimizer.build(trainer.trainable_variables)`; nothing goes on
      by itself. Whole trainers cannot be saved and loaded.
    - `CSVLogger` begins its file anew unless told `append=True`.
    - `TensorBoard`, which needs TensorFlow and tensorboard whatever the
      backend, numbers epochs on, and single steps (`update_freq="batch"`)
      from the beginning of each call. It profiles on TensorFlow, on JAX from
      Python 3.12, not on PyTorch.

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

    def restore(
        self,
        trainer: "DistillationTrainer",
        source: "StepSource",
        last_step: int,
    ) -> None:
        """Takes the state of the file over; `fit` calls it.

        Args:
            trainer: `DistillationTrainer` with a built optimizer.
            source: `StepSource` of its steps.
            last_step: int, where the distillation is to end.

        Raises:
            ValueError: if the file is of another distillation, is further
                than `last_step`, or is damaged; or if steps were made before
                there was a checkpoint.
        """
        if trainer.identity is None and trainer.num_steps:
            raise ValueError(
                "A `DistillationCheckpoint` must be there from the first "
                "step, since it tells distillations apart by their start. "
                f"Received: a trainer that made {trainer.num_steps} steps "
                "without one"
            )
        identity = identify(trainer, source)
        if not self.filepath.is_file():
            return
        stored = TensorFile(self.filepath, _FORMAT)
        self._check_same(stored.get_json("identity", dict), identity)
        step = stored.get_json("step", int)
        if step > last_step:
            raise ValueError(
                f"{str(self.filepath)!r} is at step {step}, and steps are not "
                "taken back; choose another file, or delete it. Received: an "
                f"end at step {last_step}"
            )
        if step > trainer.num_steps:
            write_state(trainer, stored.get_tensor)

    def _check_same(self, stored, wanted):
        differing = differences(stored, wanted)
        if differing:
            raise ValueError(
                f"{str(self.filepath)!r} is of another distillation; choose "
                "another file, or delete it. Received: " + "; ".join(differing)
            )

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._written = time.monotonic()

    # Not at the end of a step, where Keras would wait for each to be read.
    def on_train_batch_begin(
        self, batch: int, logs: dict | None = None
    ) -> None:
        if time.monotonic() - self._written >= self.seconds:
            self.write()

    def on_train_end(self, logs: dict | None = None) -> None:
        self.write()

    def write(self) -> None:
        """Writes the state as it is now."""
        trainer = self.model  # brings JAX's state into the variables
        metadata = {
            "format": _FORMAT,
            "identity": trainer.identity,
            "step": str(trainer.num_steps),
        }
        write_tensors(self.filepath, read_state(trainer), metadata)
        self._written = time.monotonic()


def find_checkpoint(
    callbacks: list | None, automatic: bool
) -> DistillationCheckpoint | None:
    """Returns the checkpoint among callbacks, or `None`.

    Args:
        callbacks: list of `keras.callbacks.Callback`, or `None`.
        automatic: whether the end of the training is found on the way.

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


def checkpoint_path(
    directory: PathLike,
    trainer: "DistillationTrainer",
    source: "StepSource",
    num_steps: int,
) -> pathlib.Path:
    """Returns the path of the file of one distillation among others.

    Args:
        directory: path.
        trainer: compiled `DistillationTrainer` that made no step yet.
        source: `StepSource` of its steps.
        num_steps: int, how many steps it is to make.
    """
    settings = {**identify(trainer, source), "num_steps": num_steps}
    key = settings_fingerprint(settings)
    return pathlib.Path(directory) / f"distillation_{key}.safetensors"


def remaining_parts(
    done: int, epochs: int, steps_per_epoch: int
) -> list[tuple[int, int, int]]:
    """Cuts what is left of a training into calls of Keras' `fit`.

    Args:
        done: int, steps made.
        epochs: int.
        steps_per_epoch: int.

    Returns:
        List of `(initial_epoch, epochs, steps_per_epoch)`: the rest of an
        epoch that was begun, and the epochs after it.
    """
    epoch, within = divmod(done, steps_per_epoch)
    parts = []
    if within and epoch < epochs:
        parts.append((epoch, epoch + 1, steps_per_epoch - within))
        epoch += 1
    if epoch < epochs:
        parts.append((epoch, epochs, steps_per_epoch))
    return parts


def read_state(trainer: "DistillationTrainer") -> dict[str, np.ndarray]:
    """Copies everything that a step changes.

    Args:
        trainer: `DistillationTrainer` with a built optimizer.

    Returns:
        Dict of arrays, by the names they have in the file.
    """
    return {
        name: np.array(ops.convert_to_numpy(variable.value))
        for name, variable in _variables(trainer).items()
    }


def write_state(
    trainer: "DistillationTrainer", value_of: Callable[[str], np.ndarray]
) -> None:
    """Takes back what `read_state` copied.

    Args:
        trainer: `DistillationTrainer` with a built optimizer.
        value_of: function from a name to its array.
    """
    for name, variable in _variables(trainer).items():
        variable.assign(value_of(name))


def _variables(trainer):
    variables = {"images": trainer.synthetic.images}
    for number, variable in enumerate(trainer.optimizer.variables):
        variables[f"optimizer_{number:04d}"] = variable
    return variables


def identify(
    trainer: "DistillationTrainer", source: "StepSource"
) -> dict[str, Any]:
    """What must be the same for a state to be of a distillation.

    Args:
        trainer: compiled `DistillationTrainer`. It keeps the answer, which
            reads all data and the images before the first step.
        source: `StepSource` of its steps.

    Returns:
        JSON-compatible dict.
    """
    if trainer.identity is None:
        trainer.identity = json.dumps(_identify(trainer, source))
    return json.loads(trainer.identity)


def _identify(trainer, source):
    settings = {
        **describe_distillation(trainer),
        **describe_parts(trainer.objective, trainer.augmentation),
        "constraint": _name(trainer.constraint),
        "factor": trainer.synthetic.factor,
        "max_decoded": trainer.max_decoded,
        "start": _digest(ops.convert_to_numpy(trainer.synthetic.images.value)),
        "experts": fingerprint_of(trainer.trajectory),
        "feature_layer": trainer.trajectory.network.feature_layer,
        "data": source.identity,
    }
    del settings["steps"], settings["optimizer"]["name"]
    return settings


def _name(constraint):
    """Name of a function, or of the class of a callable."""
    return getattr(constraint, "__name__", type(constraint).__name__)


def _digest(images):
    return hashlib.sha256(np.ascontiguousarray(images).data).hexdigest()
