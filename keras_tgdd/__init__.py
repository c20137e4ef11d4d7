"""Dataset distillation with Keras 3: a data set in a few images per class."""

from keras_tgdd import datasets
from keras_tgdd import distillation
from keras_tgdd import evaluation
from keras_tgdd import layers
from keras_tgdd import methods
from keras_tgdd import models
from keras_tgdd import objectives
from keras_tgdd import synthetic
from keras_tgdd import training
from keras_tgdd import trajectories
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.distillation.distillation_checkpoint import (
    DistillationCheckpoint,
)
from keras_tgdd.distillation.image_grid import ImageGrid
from keras_tgdd.distillation.summaries.summaries import Summaries
from keras_tgdd.distillation.summaries.summarize import summarize
from keras_tgdd.distillation.summaries.summary_plan import SummaryPlan
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.distillation.training_estimate import TrainingEstimate
from keras_tgdd.evaluation.evaluate import evaluate
from keras_tgdd.evaluation.reporting.report import report
from keras_tgdd.methods.distill import distill
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.training.progress import Progress
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.train_experts import train_experts
from keras_tgdd.trajectories.trajectory_recorder import TrajectoryRecorder

__version__ = "0.1.0"

__all__ = [
    "DistillationCheckpoint",
    "DistillationTrainer",
    "DistilledDataset",
    "ExpertTrajectories",
    "ImageGrid",
    "Normalization",
    "Progress",
    "Summaries",
    "SummaryPlan",
    "TrainingData",
    "TrainingEstimate",
    "TrajectoryRecorder",
    "__version__",
    "datasets",
    "distill",
    "distillation",
    "evaluate",
    "evaluation",
    "layers",
    "methods",
    "models",
    "objectives",
    "report",
    "summarize",
    "synthetic",
    "train_experts",
    "training",
    "trajectories",
]
