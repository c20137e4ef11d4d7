"""What of two distributions must agree."""

from keras_tgdd.objectives.class_mean_matching import ClassMeanMatching
from keras_tgdd.objectives.classification_constraint import (
    ClassificationConstraint,
)
from keras_tgdd.objectives.kernel_matching import KernelMatching
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.objectives.random_feature_matching import RandomFeatureMatching
from keras_tgdd.objectives.sinkhorn_matching import SinkhornMatching
from keras_tgdd.objectives.sliced_wasserstein_matching import (
    SlicedWassersteinMatching,
)

__all__ = [
    "ClassMeanMatching",
    "ClassificationConstraint",
    "KernelMatching",
    "Objective",
    "RandomFeatureMatching",
    "SinkhornMatching",
    "SlicedWassersteinMatching",
]
