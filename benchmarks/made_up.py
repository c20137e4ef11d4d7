"""Images and experts of random numbers: for timing, they need no training."""

import time

import keras
import numpy as np

import keras_tgdd
from keras_tgdd.models.seeding import draw_weights
from keras_tgdd.trajectories.expert_files import ExpertWriter
from keras_tgdd.trajectories.trajectory_recorder import describe


class Normalization:
    """Mean and std that `describe` stores."""

    mean, std, class_names = 0.5, 0.25, None


def images(num_classes, images_per_class, side, channels):
    """Returns uint8 images and labels."""
    generator = np.random.default_rng(0)
    y = np.repeat(np.arange(num_classes), images_per_class)
    x = generator.integers(
        0, 256, (len(y), side, side, channels), dtype="uint8"
    )
    return x, y


def experts(directory, num_classes, side, channels, num_snapshots=4):
    """Writes one expert of random snapshots and loads it."""
    network = keras_tgdd.models.ConvNet((side, side, channels), num_classes)
    frozen = keras_tgdd.models.FrozenNetwork(network)
    description = describe(frozen, Normalization)
    writer = ExpertWriter(directory, 0, description)
    for epoch in range(num_snapshots):
        draw_weights(network, epoch)
        writer.append(epoch, frozen.flat_weights(), (0.0, 0.0))
    writer.finish()
    return keras_tgdd.ExpertTrajectories.load(directory, network)


class StepTimer(keras.callbacks.Callback):
    """Seconds a step, one figure an epoch; what it reads has been computed."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append((time.perf_counter() - self._start) / self.steps)
