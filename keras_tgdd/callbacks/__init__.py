"""Callbacks for `keras.Model.fit`."""

from keras_tgdd.callbacks.distillation_checkpoint import DistillationCheckpoint
from keras_tgdd.callbacks.image_grid import ImageGrid
from keras_tgdd.callbacks.progress import Progress
from keras_tgdd.callbacks.trajectory_recorder import TrajectoryRecorder

__all__ = [
    "DistillationCheckpoint",
    "ImageGrid",
    "Progress",
    "TrajectoryRecorder",
]
