"""A callback that ends a `fit` as a crash would."""

import keras


class Stop(Exception):
    """What a crash is to the process that catches it."""


class Crash(keras.callbacks.Callback):
    """Fails before or after a step.

    Args:
        steps: int, steps that are made before.
        after: whether it fails at the end of the last of them, not at the
            beginning of the next. Defaults to `False`.
    """

    def __init__(self, steps, after=False):
        super().__init__()
        self.steps = steps
        self.after = after

    def on_train_batch_begin(self, batch, logs=None):
        if self.steps == 0 and not self.after:
            raise Stop
        self.steps -= 1

    def on_train_batch_end(self, batch, logs=None):
        if self.steps == 0 and self.after:
            raise Stop
