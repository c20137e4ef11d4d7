"""Stops a distillation whose pixels are no longer finite."""

import time

import keras
import numpy as np

from keras_tgdd.distillation.state import DistillationState
from keras_tgdd.distillation.step_source import StepSource


class FiniteGuard(keras.callbacks.Callback):
    """Checks the state every few seconds; `DistillationTrainer.fit` adds it.

    A loss that is not finite makes pixels non-finite in the same step. On
    non-finite values the guard restores the last good state and replays the
    steps one by one to find the one that failed; it raises with the last good
    state in place.

    Args:
        state: `DistillationState`.
        source: `StepSource` of the steps.
        seconds: float, least time between two checks. Defaults to `2`.

    Raises:
        FloatingPointError: in training, when values are NaN or infinite.
    """

    def __init__(
        self,
        state: DistillationState,
        source: StepSource,
        seconds: float = 2.0,
    ) -> None:
        super().__init__()
        self.state = state
        self.source = source
        self.seconds = seconds
        self._good: dict[str, np.ndarray] | None = None
        self._checked = 0.0

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.check()

    # At the beginning of a step: at its end Keras would wait for its logs.
    def on_train_batch_begin(
        self, batch: int, logs: dict | None = None
    ) -> None:
        if time.monotonic() - self._checked >= self.seconds:
            self.check()

    def on_train_end(self, logs: dict | None = None) -> None:
        self.check()

    def check(self) -> None:
        """Checks the state now."""
        trainer = self.model  # brings JAX's state into the variables
        self._checked = time.monotonic()
        if len(self._failing()):
            self._fail(trainer)
        self._good = self.state.read()

    def _failing(self):
        return self.state.synthetic.non_finite_classes()

    def _fail(self, trainer):
        if self._good is None:
            raise FloatingPointError(
                "The images are NaN or infinite before the first step. "
                f"Received: such pixels in {self._named()}"
            )
        last = self.state.steps_made
        self.state.write(self._good.__getitem__)
        good = self.state.steps_made
        step = good
        while not len(self._failing()) and step < last:
            trainer.train_on_batch(*self.source.steps(step, 1)[0])
            step += 1
        classes = self._named()
        place = self.source.steps(step - 1, 1).describe(0)
        self.state.write(self._good.__getitem__)
        raise FloatingPointError(
            f"The distillation failed at step {step}, {place}; the images are "
            f"back at step {good}. Lower the learning rate, or compute in "
            "float32 (`dtype_policy='float32'` of the experts). Received: "
            f"pixels that are NaN or infinite in {classes}"
        )

    def _named(self):
        """The failing classes, by number and name."""
        names = self.source.parts.class_names
        labels = self._failing().tolist()
        return "class " + ", ".join(
            str(c) if names is None else f"{c} ({names[c]})" for c in labels
        )
