"""The real half of an objective, computed once and kept."""

from keras_tgdd.summaries.summaries import Summaries
from keras_tgdd.summaries.summary_plan import SummaryPlan

__all__ = ["Summaries", "SummaryPlan"]
