"""Random images and experts: timing needs no trained ones."""

import time

import keras
import numpy as np

import keras_tgdd
from keras_tgdd.models.seeding import draw_weights


def images(num_classes, images_per_class, side, channels):
    """Returns uint8 images and labels."""
    generator = np.random.default_rng(0)
    y = np.repeat(np.arange(num_classes), images_per_class)
    x = generator.integers(
        0, 256, (len(y), side, side, channels), dtype="uint8"
    )
    return x, y


def experts(directory, num_classes, side, channels, num_snapshots=4):
    """Records one expert of random snapshots and loads it."""
    network = keras_tgdd.models.ConvNet((side, side, channels), num_classes)
    network.compile("sgd")  # the recorder stores the optimizer's state
    recorder = keras_tgdd.TrajectoryRecorder(
        directory, normalization=keras_tgdd.Normalization(0.5, 0.25)
    )
    recorder.set_model(network)
    draw_weights(network, 0)
    recorder.on_train_begin()
    for epoch in range(num_snapshots - 1):
        draw_weights(network, epoch + 1)
        recorder.on_epoch_end(epoch)
    recorder.on_train_end()
    return keras_tgdd.ExpertTrajectories.load(directory, network)


class StepTimer(keras.callbacks.Callback):
    """Measures seconds per step, once per epoch.

    Keras reads the metrics at the end of an epoch, so its steps are finished.

    Args:
        steps: int, steps in an epoch.
    """

    def __init__(self, steps):
        super().__init__()
        self.steps = steps
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append((time.perf_counter() - self._start) / self.steps)
