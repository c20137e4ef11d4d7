"""What of two distributions must agree."""

from keras_tgdd.objectives.class_mean_matching import ClassMeanMatching
from keras_tgdd.objectives.classification_constraint import (
    ClassificationConstraint,
)
from keras_tgdd.objectives.objective import Objective

__all__ = ["ClassMeanMatching", "ClassificationConstraint", "Objective"]
