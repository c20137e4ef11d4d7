"""Dataset distillation with Keras 3: a data set in a few images per class."""

from keras_tgdd import callbacks
from keras_tgdd import datasets
from keras_tgdd import evaluation
from keras_tgdd import layers
from keras_tgdd import models
from keras_tgdd import objectives
from keras_tgdd import recipes
from keras_tgdd import reporting
from keras_tgdd import summaries
from keras_tgdd import training
from keras_tgdd import trajectories
from keras_tgdd.datasets.distilled_dataset import DistilledDataset
from keras_tgdd.distillation import distill
from keras_tgdd.evaluation.evaluate import evaluate
from keras_tgdd.reporting.report import report
from keras_tgdd.summaries.summaries import Summaries
from keras_tgdd.trainer import DistillationTrainer
from keras_tgdd.training_estimate import TrainingEstimate
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.train_experts import train_experts
from keras_tgdd.version import __version__

__all__ = [
    "DistillationTrainer",
    "DistilledDataset",
    "ExpertTrajectories",
    "Summaries",
    "TrainingEstimate",
    "__version__",
    "callbacks",
    "datasets",
    "distill",
    "evaluate",
    "evaluation",
    "layers",
    "models",
    "objectives",
    "recipes",
    "report",
    "reporting",
    "summaries",
    "train_experts",
    "training",
    "trajectories",
]
