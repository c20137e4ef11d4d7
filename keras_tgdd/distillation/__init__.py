"""The distillation itself: its parts, steps, trainer and callbacks."""

from keras_tgdd.distillation.distillation_checkpoint import (
    DistillationCheckpoint,
)
from keras_tgdd.distillation.image_grid import ImageGrid
from keras_tgdd.distillation.summaries.summaries import Summaries
from keras_tgdd.distillation.summaries.summary_plan import SummaryPlan
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.distillation.training_estimate import TrainingEstimate

__all__ = [
    "DistillationCheckpoint",
    "DistillationTrainer",
    "ImageGrid",
    "Summaries",
    "SummaryPlan",
    "TrainingEstimate",
]
