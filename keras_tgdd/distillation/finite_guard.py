"""Stops a distillation whose pixels are no numbers any more."""

import time
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import ops

from keras_tgdd.distillation.distillation_checkpoint import read_state
from keras_tgdd.distillation.distillation_checkpoint import write_state

if TYPE_CHECKING:
    from keras_tgdd.distillation.step_source import StepSource


class FiniteGuard(keras.callbacks.Callback):
    """Looks at the pixels every few seconds; `DistillationTrainer.fit` adds it.

    A loss that is not finite makes pixels so in the same step. Where it finds
    some, it takes the state of its last look back, makes the steps since
    then once more, one by one, to find the first that fails, and raises with
    the images as they were at the last look.

    Args:
        source: `StepSource` of the steps.
        seconds: float, least time between two looks. Defaults to `2`.

    Raises:
        FloatingPointError: in training, when pixels are NaN or infinite.
    """

    def __init__(self, source: "StepSource", seconds: float = 2.0) -> None:
        super().__init__()
        self.source = source
        self.seconds = seconds
        self._good = None
        self._looked = 0.0

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.look()

    # Not at the end of a step, where Keras would wait for each to be read.
    def on_train_batch_begin(
        self, batch: int, logs: dict | None = None
    ) -> None:
        if time.monotonic() - self._looked >= self.seconds:
            self.look()

    def on_train_end(self, logs: dict | None = None) -> None:
        self.look()

    def look(self) -> None:
        """Looks at the pixels now."""
        trainer = self.model  # brings JAX's state into the variables
        self._looked = time.monotonic()
        if len(_failing(trainer)):
            self._fail(trainer)
        self._good = read_state(trainer)

    def _fail(self, trainer):
        if self._good is None:
            raise FloatingPointError(
                "The images are NaN or infinite before the first step. "
                f"Received: such pixels in {_named(trainer)}"
            )
        last = trainer.num_steps
        write_state(trainer, self._good.get)
        good = trainer.num_steps
        step = good
        while not len(_failing(trainer)) and step < last:
            batches = self.source.steps(step, 1)
            trainer.train_on_batch(*batches[0])
            step += 1
        classes = _named(trainer)
        place = self.source.steps(step - 1, 1).describe(0)
        write_state(trainer, self._good.get)
        raise FloatingPointError(
            f"The distillation failed at step {step}, {place}; the images are "
            f"back at step {good}. Lower the learning rate, or compute in "
            "float32 (`dtype_policy='float32'` of the experts). Received: "
            f"pixels that are NaN or infinite in {classes}"
        )


def _failing(trainer):
    """Numbers of the classes with pixels that are not finite."""
    images = ops.convert_to_numpy(trainer.synthetic.images.value)
    finite = np.isfinite(images).all(axis=(1, 2, 3, 4))
    return np.flatnonzero(~finite)


def _named(trainer):
    """These classes, by number and name."""
    names = trainer.class_names
    labels = _failing(trainer).tolist()
    shown = [str(c) if names is None else f"{c} ({names[c]})" for c in labels]
    return "class " + ", ".join(shown)
