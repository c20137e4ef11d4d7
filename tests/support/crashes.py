"""A callback that ends a `fit` as a crash would."""

import keras


class Stop(Exception):
    """What a crash is to the process that catches it."""


class Crash(keras.callbacks.Callback):
    """Fails before a step.

    Args:
        steps: int, how many are taken.
    """

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_train_batch_begin(self, batch, logs=None):
        if self.steps == 0:
            raise Stop
        self.steps -= 1
