"""Evaluation of distilled sets."""

from keras_tgdd.evaluation import scores
from keras_tgdd.evaluation.architectures import Architecture
from keras_tgdd.evaluation.architectures import get_architecture
from keras_tgdd.evaluation.baselines import random_images
from keras_tgdd.evaluation.baselines import select_images
from keras_tgdd.evaluation.comparison import compare
from keras_tgdd.evaluation.comparison import pool
from keras_tgdd.evaluation.evaluate import evaluate
from keras_tgdd.evaluation.protocols import get_protocol
from keras_tgdd.evaluation.result import EvaluationResult

__all__ = [
    "Architecture",
    "EvaluationResult",
    "compare",
    "evaluate",
    "get_architecture",
    "get_protocol",
    "pool",
    "random_images",
    "scores",
    "select_images",
]
