"""What every step of a distillation from summaries is given, as data."""

from typing import Any

import numpy as np

from keras_tgdd.distillation.step_batches import StepBatches
from keras_tgdd.distillation.summaries.summaries import Summaries

_ORDER, _STEP = 1, 2


class SummaryBatches(StepBatches):
    """Yields summaries, draws and network weights, one step at a time.

    As `DistillationBatches`, with `"summary"`, a dict of arrays of shape
    `(n_classes, ...)`, in the place of `"images"`. Entries are taken in turn,
    in an order drawn anew for each round.

    Args:
        summaries: `Summaries`.
        entries: int array, the entries in use.
        **kwargs: arguments of `StepBatches`; the trajectory is the
            `ExpertTrajectories` that the summaries were made with.
    """

    def __init__(
        self, summaries: Summaries, entries: np.ndarray, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.summaries = summaries
        self.entries = np.asarray(entries)

    def describe(self, index: int) -> str:
        expert, stage = self._stage(self._entry(index))
        return f"expert {expert}, snapshot {stage}"

    def _entry(self, index):
        """Number of the entry that a step reads."""
        turn, position = divmod(self.first_step + index, len(self.entries))
        order = self.draws.generator(_ORDER, turn).permutation(self.entries)
        return order[position]

    def _stage(self, entry):
        summaries = self.summaries
        return int(summaries.experts[entry]), int(summaries.stages[entry])

    def __getitem__(self, index):
        entry = self._entry(index)
        generator = self.draws.generator(_STEP, self.first_step + index)
        draw, summary = self.summaries.entry(entry)
        trajectory = self.trajectory
        expert, stage = self._stage(entry)
        inputs = {
            "augmentation": draw,
            "summary": summary,
            "weights": trajectory.weights(expert, stage),
        }
        if self.second_network:
            later = trajectory.draw_later(generator, expert, stage, self.region)
            inputs["constraint_weights"] = trajectory.weights(expert, later)
        return ({**inputs, **self.select(generator)},)
