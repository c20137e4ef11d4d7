"""The data, experts and numbers that a method is applied to."""

import dataclasses
from typing import cast

from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.expert_trajectories import check_experts
from keras_tgdd.trajectories.trajectory import Trajectory


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """Data, experts and numbers of one distillation, checked.

    Attributes:
        data: `TrainingData`.
        experts: `Trajectory`.
        counts: tuple of ints, synthetic images per class.
        steps: int, steps of the distillation.
        seed: int.
    """

    data: TrainingData
    experts: Trajectory
    counts: tuple[int, ...]
    steps: int
    seed: int

    @property
    def expert_trajectories(self) -> ExpertTrajectories:
        """The experts of a method that reads their snapshots.

        Raises:
            TypeError: if `experts` are another trajectory.
        """
        check_experts(self.experts)
        return cast(ExpertTrajectories, self.experts)

    @property
    def most_images(self) -> int:
        """Synthetic images of the largest class."""
        return max(self.counts)
