"""What every step of a distillation from summaries is given, as data."""

from typing import TYPE_CHECKING

import keras
import numpy as np

from keras_tgdd.annotations import Seed
from keras_tgdd.datasets.distillation_batches import draw_selection
from keras_tgdd.summaries.summaries import Summaries

if TYPE_CHECKING:
    from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories

_ORDER, _STEP = 1, 2


class SummaryBatches(keras.utils.PyDataset):
    """Yields summaries, draws and network weights, one step at a time.

    As `DistillationBatches`, with `"summary"`, a dict of arrays of shape
    `(n_classes, ...)`, in the place of `"images"`. Entries are taken in turn,
    in an order drawn anew for each round.

    Args:
        summaries: `Summaries`.
        entries: int array, the entries in use.
        trajectory: `ExpertTrajectories` that they were made with.
        decoded_per_class: int, decoded synthetic images of each class.
        max_decoded: int, the most of them used in a step.
        region: int, length of the expert region.
        constrained: bool, whether constraint weights are wanted.
        seed: int, or list of ints.
        first_step: int, number of the first step.
        num_steps: int, how many steps follow.
    """

    def __init__(
        self,
        summaries: Summaries,
        entries: np.ndarray,
        trajectory: "ExpertTrajectories",
        decoded_per_class: int,
        max_decoded: int,
        region: int,
        constrained: bool,
        seed: Seed,
        first_step: int,
        num_steps: int,
    ) -> None:
        super().__init__()
        self.summaries = summaries
        self.entries = np.asarray(entries)
        self.trajectory = trajectory
        self.decoded_per_class = decoded_per_class
        self.max_decoded = max_decoded
        self.region = region
        self.constrained = constrained
        self.first_step = first_step
        self.num_steps = num_steps
        self._key = np.random.SeedSequence(seed).generate_state(2, np.uint64)

    def __len__(self):
        return self.num_steps

    def _generator(self, kind, number):
        counter = np.array([0, 0, kind, number], np.uint64)
        return np.random.Generator(
            np.random.Philox(counter=counter, key=self._key)
        )

    def __getitem__(self, index):
        step = self.first_step + index
        turn, position = divmod(step, len(self.entries))
        order = self._generator(_ORDER, turn).permutation(self.entries)
        entry = order[position]
        generator = self._generator(_STEP, step)
        draw, summary = self.summaries.entry(entry)
        expert = int(self.summaries.experts[entry])
        stage = int(self.summaries.stages[entry])
        inputs = {
            "augmentation": draw,
            "summary": summary,
            "weights": self.trajectory.weights(expert, stage),
        }
        if self.constrained and self.region > 1:
            later = self.trajectory.draw_later(
                generator, expert, stage, self.region
            )
            inputs["constraint_weights"] = self.trajectory.weights(
                expert, later
            )
        selection = draw_selection(
            generator,
            self.summaries.num_classes,
            self.decoded_per_class,
            self.max_decoded,
        )
        if selection is not None:
            inputs["selection"] = selection
        return (inputs,)
