"""The real half of an objective, computed once and kept."""

from keras_tgdd.distillation.summaries.summaries import Summaries
from keras_tgdd.distillation.summaries.summarize import summarize
from keras_tgdd.distillation.summaries.summary_plan import SummaryPlan

__all__ = ["Summaries", "SummaryPlan", "summarize"]
