"""The systems of the field."""

from keras_tgdd.methods.cafe import cafe
from keras_tgdd.methods.covariance_tgdd import covariance_tgdd
from keras_tgdd.methods.csdm import csdm
from keras_tgdd.methods.dance import dance
from keras_tgdd.methods.dm import dm
from keras_tgdd.methods.dsdm import dsdm
from keras_tgdd.methods.idm import idm
from keras_tgdd.methods.m3d import m3d
from keras_tgdd.methods.ncfm import ncfm
from keras_tgdd.methods.tgdd import tgdd
from keras_tgdd.methods.wmdd import wmdd

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
