"""Steps that read summaries of the real images."""

from typing import Any

import numpy as np

from keras_tgdd.distillation.live_source import one_image_inputs
from keras_tgdd.distillation.parts import DistillationParts
from keras_tgdd.distillation.step_batches import StepBatches
from keras_tgdd.distillation.step_source import HELD_OUT
from keras_tgdd.distillation.step_source import StepSource
from keras_tgdd.distillation.summaries.summaries import Summaries
from keras_tgdd.distillation.summaries.summarize import check_usable
from keras_tgdd.distillation.summaries.summary_batches import SummaryBatches
from keras_tgdd.runtime.fingerprint import settings_fingerprint


class SummarySource(StepSource):
    """Takes the entries of summaries in turn, one per step.

    Args:
        parts: `DistillationParts`.
        summaries: `Summaries`.

    Raises:
        ValueError: if they were made with other experts, objective or
            augmentation than the parts.
    """

    def __init__(self, parts: DistillationParts, summaries: Summaries) -> None:
        super().__init__(parts)
        check_usable(
            summaries, parts.trajectory, parts.objective, parts.augmentation
        )
        self._summaries = summaries

    @property
    def identity(self) -> str:
        return settings_fingerprint(self._summaries.description)

    def steps(
        self, first_step: int, num_steps: int, holding_out: bool = False
    ) -> StepBatches:
        entries = np.arange(len(self._summaries))
        if holding_out:
            entries = entries[self._num_held_out() :]
        return self._batches(entries, self.parts.seed, first_step, num_steps)

    def held_out(self) -> StepBatches:
        """Returns batches of the first tenth of the entries.

        Raises:
            ValueError: if there are fewer than two entries.
        """
        entries = np.arange(self._num_held_out())
        seed = [self.parts.seed, HELD_OUT]
        return self._batches(entries, seed, 0, len(entries))

    def smallest_inputs(self) -> dict[str, Any]:
        """Returns the inputs of a step that decodes one image per class, or
        of the first step where fewer images do not fit the summary."""
        inputs = super().smallest_inputs()
        if self.parts.objective.needs_summaries:
            return inputs
        return one_image_inputs(self.parts, inputs)

    def _num_held_out(self):
        count = len(self._summaries)
        if count < 2:
            raise ValueError(
                "Holding out draws needs summaries of at least 2 entries. "
                f"Received: {count}"
            )
        return -(-count // 10)

    def _batches(self, entries, seed, first_step, num_steps):
        return SummaryBatches(
            self.parts,
            self._summaries,
            entries,
            seed=seed,
            first_step=first_step,
            num_steps=num_steps,
        )
