"""Distances between the features of real and synthetic images."""

from keras_tgdd.objectives.barycenter_matching import BarycenterMatching
from keras_tgdd.objectives.characteristic_function_matching import (
    CharacteristicFunctionMatching,
)
from keras_tgdd.objectives.class_mean_matching import ClassMeanMatching
from keras_tgdd.objectives.classification_constraint import (
    ClassificationConstraint,
)
from keras_tgdd.objectives.covariance_matching import CovarianceMatching
from keras_tgdd.objectives.kernel_matching import KernelMatching
from keras_tgdd.objectives.layer_matching import LayerMatching
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.objectives.random_feature_matching import RandomFeatureMatching
from keras_tgdd.objectives.sinkhorn_matching import SinkhornMatching
from keras_tgdd.objectives.sliced_wasserstein_matching import (
    SlicedWassersteinMatching,
)
from keras_tgdd.objectives.spectral_matching import SpectralMatching

__all__ = [
    "BarycenterMatching",
    "CharacteristicFunctionMatching",
    "ClassMeanMatching",
    "ClassificationConstraint",
    "CovarianceMatching",
    "KernelMatching",
    "LayerMatching",
    "Objective",
    "RandomFeatureMatching",
    "SinkhornMatching",
    "SlicedWassersteinMatching",
    "SpectralMatching",
]
