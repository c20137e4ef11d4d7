"""What a distillation will take, measured before it starts."""

import dataclasses
import time
from collections.abc import Callable

import keras

from keras_tgdd.distillation.state import DistillationState
from keras_tgdd.distillation.step_source import StepSource
from keras_tgdd.runtime.memory import peak_bytes
from keras_tgdd.runtime.quantities import format_bytes
from keras_tgdd.runtime.quantities import format_seconds


@dataclasses.dataclass(frozen=True)
class TrainingEstimate:
    """Time, memory and disk of a distillation, from one measured step.

    `DistillationTrainer.estimate` makes it; `print` it.

    Attributes:
        steps: int, steps of the distillation.
        seconds_per_step: float, as measured, without compilation.
        memory_bytes: int, the most that the process has held so far, the
            measured step included: what a `fit` in it will hold, with
            everything that the backend keeps beside activations. Memory of a
            GPU is not included. `None` where the system does not tell
            (Windows).
        checkpoint_bytes: int, arrays of a `DistillationCheckpoint`'s file.
        distilled_bytes: int, arrays of a file of `DistilledDataset.save`.
    """

    steps: int
    seconds_per_step: float
    memory_bytes: int | None
    checkpoint_bytes: int
    distilled_bytes: int

    @property
    def seconds(self) -> float:
        """Seconds of all steps."""
        return self.steps * self.seconds_per_step

    @property
    def disk_bytes(self) -> int:
        """The most on disk: the result, and a checkpoint twice, since a new
        one is complete before it replaces the old one."""
        return 2 * self.checkpoint_bytes + self.distilled_bytes

    def __str__(self):
        memory = (
            "memory not known"
            if self.memory_bytes is None
            else f"{format_bytes(self.memory_bytes)} of memory"
        )
        return (
            f"{self.steps:,} steps: about {format_seconds(self.seconds)} "
            f"({format_seconds(self.seconds_per_step)} a step), {memory}, "
            f"{format_bytes(self.disk_bytes)} on disk"
        )


def measure(
    fit: Callable[..., keras.callbacks.History],
    model: keras.Model,
    state: DistillationState,
    source: StepSource,
    steps: int,
    *,
    distilled_bytes: int,
) -> TrainingEstimate:
    """Makes two steps, times the second, and takes both back.

    Args:
        fit: Keras' `fit` of the model.
        model: `keras.Model`, ready for `fit`.
        state: `DistillationState` of the model.
        source: `StepSource` of its steps.
        steps: int, steps of the distillation.
        distilled_bytes: int, bytes of the distilled set's arrays.
    """
    before = state.read()
    clock = _Clock(state)
    source.parts.trajectory.seek(state.steps_made)
    executed = model.steps_per_execution
    try:
        fit(
            source.steps(state.steps_made, 2 * executed),
            steps_per_epoch=2 * executed,
            callbacks=[clock],
            shuffle=False,
            verbose=0,
        )
    finally:
        state.write(before.__getitem__)
        model.reset_metrics()
    return TrainingEstimate(
        steps=steps,
        seconds_per_step=clock.seconds / executed,
        memory_bytes=peak_bytes(),
        checkpoint_bytes=sum(array.nbytes for array in before.values()),
        distilled_bytes=distilled_bytes,
    )


class _Clock(keras.callbacks.Callback):
    """Times the last execution of a `fit`; the first compiles."""

    def __init__(self, state):
        super().__init__()
        self.seconds = 0.0
        self._state = state
        self._started = 0.0

    def on_train_batch_begin(self, batch, logs=None):
        self._wait()
        self._started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self._wait()
        self.seconds = time.perf_counter() - self._started

    def _wait(self):
        """Backends return before they have computed; a copy must wait."""
        _ = self.model  # brings JAX's state into the variables
        self._state.read()
