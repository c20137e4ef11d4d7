"""What every step of a distillation from summaries is given, as data."""

from typing import Any

import numpy as np

from keras_tgdd.distillation.parts import DistillationParts
from keras_tgdd.distillation.step_batches import StepBatches
from keras_tgdd.distillation.summaries.summaries import Summaries

_ORDER, _STEP = 1, 2


class SummaryBatches(StepBatches):
    """Yields summaries, draws and network weights, one step at a time.

    As `LiveBatches`, with `"summary"`, a dict of arrays of shape
    `(n_classes, ...)`, in the place of `"images"`. Entries are taken in turn,
    in an order that is drawn again for each round.

    Args:
        parts: `DistillationParts`; its trajectory is the `ExpertTrajectories`
            that the summaries were made with.
        summaries: `Summaries`.
        entries: int array, the entries in use.
        **steps: `seed`, `first_step` and `num_steps` of `StepBatches`.
    """

    def __init__(
        self,
        parts: DistillationParts,
        summaries: Summaries,
        entries: np.ndarray,
        **steps: Any,
    ) -> None:
        super().__init__(parts, **steps)
        self.summaries = summaries
        self.entries = np.asarray(entries)

    def describe(self, index: int) -> str:
        expert, stage = self._stage(self._entry(index))
        return f"expert {expert}, snapshot {stage}"

    def _entry(self, index: int) -> int:
        """Number of the entry that a step reads."""
        turn, position = divmod(self.first_step + index, len(self.entries))
        order = self.draws.generator(_ORDER, turn).permutation(self.entries)
        return int(order[position])

    def _stage(self, entry):
        summaries = self.summaries
        return int(summaries.experts[entry]), int(summaries.stages[entry])

    def __getitem__(self, index: int) -> tuple[dict[str, Any]]:
        entry = self._entry(index)
        generator = self.draws.generator(_STEP, self.first_step + index)
        draw, summary = self.summaries.entry(entry)
        experts: Any = self.parts.trajectory  # checked by `check_usable`
        expert, stage = self._stage(entry)
        inputs = {
            "augmentation": draw,
            "summary": summary,
            "weights": experts.weights(expert, stage),
        }
        if self.second_network:
            later = experts.draw_later(
                generator, expert, stage, self.parts.region
            )
            inputs["constraint_weights"] = experts.weights(expert, later)
        return ({**inputs, **self.select(generator)},)
