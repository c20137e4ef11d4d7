"""Training of classifiers, both experts and evaluation networks."""

from keras_tgdd.training.classifier_trainer import ClassifierTrainer
from keras_tgdd.training.expert_recipes import expert_recipe
from keras_tgdd.training.expert_recipes import short_recipe
from keras_tgdd.training.recipe import TrainingRecipe

__all__ = [
    "ClassifierTrainer",
    "TrainingRecipe",
    "expert_recipe",
    "short_recipe",
]
