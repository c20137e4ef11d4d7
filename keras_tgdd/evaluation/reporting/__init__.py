"""Reports: results as an HTML page and as Markdown."""

from keras_tgdd.evaluation.reporting.feature_view import FeatureView
from keras_tgdd.evaluation.reporting.feature_view import feature_views
from keras_tgdd.evaluation.reporting.report import report

__all__ = ["FeatureView", "feature_views", "report"]
