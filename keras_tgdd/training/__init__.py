"""Training of classifiers: experts and evaluation networks alike."""

from keras_tgdd.training.classifier_trainer import ClassifierTrainer
from keras_tgdd.training.recipe import TrainingRecipe

__all__ = ["ClassifierTrainer", "TrainingRecipe"]
