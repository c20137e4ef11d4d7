"""Stops a distillation on Ctrl-C, between two steps, with its state saved."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator

import keras
from tqdm.auto import tqdm

from keras_tgdd.distillation.distillation_checkpoint import (
    DistillationCheckpoint,
)
from keras_tgdd.distillation.finite_guard import FiniteGuard

_WAITING = (
    b"\ninterrupted: the step in progress is finished and its state saved; "
    b"Ctrl-C again stops at once\n"
)


class Interruption(keras.callbacks.Callback):
    """Stops a distillation after the step during which Ctrl-C was pressed.

    `DistillationTrainer.fit` adds it where there is a checkpoint, after all
    other callbacks, and makes its steps within `listening`.

    Args:
        checkpoint: `DistillationCheckpoint` that is written at the end.
        guard: `FiniteGuard` that checks the pixels before.

    Raises:
        KeyboardInterrupt: in training, once the state is saved.
    """

    def __init__(
        self, checkpoint: DistillationCheckpoint, guard: FiniteGuard
    ) -> None:
        super().__init__()
        self._checkpoint = checkpoint
        self._guard = guard
        self._interrupted = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Handles Ctrl-C while it is open, then restores Python's handler.

        In another thread than the main one, or under a handler that the
        caller installed, Ctrl-C is left alone.
        """
        in_main = threading.current_thread() is threading.main_thread()
        former = signal.getsignal(signal.SIGINT) if in_main else None
        if former is not signal.default_int_handler:
            yield
            return
        self._interrupted = False
        signal.signal(signal.SIGINT, self._handle)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, former)
        if self._interrupted:  # in the last step
            self._end()

    # At the beginning of a step: at its end Keras would wait for its logs.
    def on_train_batch_begin(
        self, batch: int, logs: dict | None = None
    ) -> None:
        if self._interrupted:
            self._guard.check()
            self._checkpoint.write()
            self._end()

    def _handle(self, number, frame):
        if self._interrupted:
            signal.default_int_handler(number, frame)
        self._interrupted = True
        # Python's own streams must not be written within a write of theirs.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.write(sys.stderr.fileno(), _WAITING)

    def _end(self):
        message = (
            f"interrupted: state after step {self._guard.state.steps_made} is "
            f"saved in {str(self._checkpoint.filepath)!r}; the same call "
            "resumes from there"
        )
        tqdm.write(message, file=sys.stderr)
        raise KeyboardInterrupt(message)
