"""Evaluation of distilled sets: training on them, comparison and reports."""

from keras_tgdd.evaluation import scores
from keras_tgdd.evaluation.architectures import Architecture
from keras_tgdd.evaluation.architectures import get_architecture
from keras_tgdd.evaluation.baselines import select_images
from keras_tgdd.evaluation.comparison import compare
from keras_tgdd.evaluation.comparison import pool
from keras_tgdd.evaluation.evaluate import evaluate
from keras_tgdd.evaluation.protocols import get_protocol
from keras_tgdd.evaluation.relabelling import relabel
from keras_tgdd.evaluation.reporting.feature_view import FeatureView
from keras_tgdd.evaluation.reporting.feature_view import feature_views
from keras_tgdd.evaluation.reporting.report import report
from keras_tgdd.evaluation.result import EvaluationResult

__all__ = [
    "Architecture",
    "EvaluationResult",
    "FeatureView",
    "compare",
    "evaluate",
    "feature_views",
    "get_architecture",
    "get_protocol",
    "pool",
    "relabel",
    "report",
    "scores",
    "select_images",
]
