"""The distillation itself: its parts, steps, trainer and callbacks."""

from keras_tgdd.distillation.distillation_checkpoint import (
    DistillationCheckpoint,
)
from keras_tgdd.distillation.distillation_step import DistillationStep
from keras_tgdd.distillation.distiller import Distiller
from keras_tgdd.distillation.feature_step import FeatureStep
from keras_tgdd.distillation.image_grid import ImageGrid
from keras_tgdd.distillation.parts import DistillationParts
from keras_tgdd.distillation.step_batches import StepBatches
from keras_tgdd.distillation.step_source import StepSource
from keras_tgdd.distillation.summaries.summaries import Summaries
from keras_tgdd.distillation.summaries.summarize import summarize
from keras_tgdd.distillation.summaries.summary_plan import SummaryPlan
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.distillation.training_estimate import TrainingEstimate

__all__ = [
    "DistillationCheckpoint",
    "DistillationParts",
    "DistillationStep",
    "DistillationTrainer",
    "Distiller",
    "FeatureStep",
    "ImageGrid",
    "StepBatches",
    "StepSource",
    "Summaries",
    "SummaryPlan",
    "TrainingEstimate",
    "summarize",
]
