"""What a distillation will take, before it starts."""

import dataclasses
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import keras

from keras_tgdd.distillation.distillation_checkpoint import read_state
from keras_tgdd.distillation.distillation_checkpoint import write_state
from keras_tgdd.runtime.memory import peak_bytes
from keras_tgdd.runtime.quantities import format_bytes
from keras_tgdd.runtime.quantities import format_seconds

if TYPE_CHECKING:
    from keras_tgdd.distillation.step_source import StepSource
    from keras_tgdd.distillation.trainer import DistillationTrainer


@dataclasses.dataclass(frozen=True)
class TrainingEstimate:
    """Time, memory and disk of a distillation, from one measured step.

    `DistillationTrainer.estimate` makes it; `print` it.

    Attributes:
        steps: int, steps of the distillation.
        seconds_per_step: float, as measured, compiling left out.
        memory_bytes: int, the most that the process has held so far, the
            measured step included: what a `fit` in it will hold, with all
            that the backend keeps beside activations. Memory of a GPU is not
            in it. `None` where the system does not tell (Windows).
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
        one is whole before it replaces the old."""
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
    fit: Callable,
    trainer: "DistillationTrainer",
    source: "StepSource",
    steps: int,
) -> TrainingEstimate:
    """Makes two steps, times the second, and takes both back.

    Args:
        fit: Keras' `fit` of the trainer.
        trainer: `DistillationTrainer`, ready for `fit`.
        source: `StepSource` of its steps.
        steps: int, steps of the distillation.
    """
    trainer.optimizer.build(trainer.trainable_variables)
    before = read_state(trainer)
    clock = _Clock()
    trainer.trajectory.at(trainer.num_steps)
    executed = trainer.steps_per_execution
    try:
        fit(
            source.steps(trainer.num_steps, 2 * executed),
            steps_per_epoch=2 * executed,
            callbacks=[clock],
            shuffle=False,
            verbose=0,
        )
    finally:
        write_state(trainer, before.get)
        trainer.reset_metrics()
    distilled = trainer.distilled_dataset()
    return TrainingEstimate(
        steps=steps,
        seconds_per_step=clock.seconds / executed,
        memory_bytes=peak_bytes(),
        checkpoint_bytes=sum(array.nbytes for array in before.values()),
        distilled_bytes=distilled.images.nbytes + distilled.labels.nbytes,
    )


class _Clock(keras.callbacks.Callback):
    """Times the last execution of a `fit`; the first compiles."""

    def __init__(self):
        super().__init__()
        self.seconds = 0.0
        self._started = 0.0

    def on_train_batch_begin(self, batch, logs=None):
        self._wait()
        self._started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self._wait()
        self.seconds = time.perf_counter() - self._started

    def _wait(self):
        """Backends return before they have computed; a copy must wait."""
        read_state(self.model)
