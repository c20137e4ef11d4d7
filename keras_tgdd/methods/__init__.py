"""The systems of the field, as frozen values with the papers' settings."""

from keras_tgdd.methods.cafe import CAFE
from keras_tgdd.methods.covariance_tgdd import CovarianceTGDD
from keras_tgdd.methods.csdm import CSDM
from keras_tgdd.methods.dance import DANCE
from keras_tgdd.methods.distill import distill
from keras_tgdd.methods.dm import DM
from keras_tgdd.methods.dsdm import DSDM
from keras_tgdd.methods.get_method import get_method
from keras_tgdd.methods.get_method import method_names
from keras_tgdd.methods.idm import IDM
from keras_tgdd.methods.m3d import M3D
from keras_tgdd.methods.matching_method import MatchingMethod
from keras_tgdd.methods.method import Method
from keras_tgdd.methods.ncfm import NCFM
from keras_tgdd.methods.task import Task
from keras_tgdd.methods.tgdd import TGDD
from keras_tgdd.methods.wmdd import WMDD

__all__ = [
    "CAFE",
    "CSDM",
    "DANCE",
    "DM",
    "DSDM",
    "IDM",
    "M3D",
    "NCFM",
    "TGDD",
    "WMDD",
    "CovarianceTGDD",
    "MatchingMethod",
    "Method",
    "Task",
    "distill",
    "get_method",
    "method_names",
]
