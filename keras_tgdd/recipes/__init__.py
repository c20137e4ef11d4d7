"""The systems of the field, each as a configured `DistillationTrainer`."""

from keras_tgdd.recipes.cafe import cafe
from keras_tgdd.recipes.covariance_tgdd import covariance_tgdd
from keras_tgdd.recipes.csdm import csdm
from keras_tgdd.recipes.dance import dance
from keras_tgdd.recipes.dm import dm
from keras_tgdd.recipes.dsdm import dsdm
from keras_tgdd.recipes.idm import idm
from keras_tgdd.recipes.m3d import m3d
from keras_tgdd.recipes.ncfm import ncfm
from keras_tgdd.recipes.tgdd import tgdd
from keras_tgdd.recipes.wmdd import wmdd

__all__ = [
    "cafe",
    "covariance_tgdd",
    "csdm",
    "dance",
    "dm",
    "dsdm",
    "idm",
    "m3d",
    "ncfm",
    "tgdd",
    "wmdd",
]
