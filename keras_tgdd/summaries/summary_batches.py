"""What every step of a distillation from summaries is given, as data."""

from typing import Any

import numpy as np

from keras_tgdd.datasets.step_batches import StepBatches
from keras_tgdd.summaries.summaries import Summaries

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

    def __getitem__(self, index):
        step = self.first_step + index
        turn, position = divmod(step, len(self.entries))
        order = self.draws.generator(_ORDER, turn).permutation(self.entries)
        entry = order[position]
        generator = self.draws.generator(_STEP, step)
        draw, summary = self.summaries.entry(entry)
        trajectory = self.trajectory
        expert = int(self.summaries.experts[entry])
        stage = int(self.summaries.stages[entry])
        inputs = {
            "augmentation": draw,
            "summary": summary,
            "weights": trajectory.weights(expert, stage),
        }
        if self.second_network:
            later = trajectory.draw_later(generator, expert, stage, self.region)
            inputs["constraint_weights"] = trajectory.weights(expert, later)
        num_classes = self.summaries.num_classes
        return ({**inputs, **self.select(generator, num_classes)},)
