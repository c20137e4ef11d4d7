"""DANCE: class means between random and trained weights."""

import dataclasses

import keras

from keras_tgdd.methods.matching_method import MatchingMethod
from keras_tgdd.methods.task import Task
from keras_tgdd.trajectories.interpolated_experts import InterpolatedExperts
from keras_tgdd.trajectories.trajectory import Trajectory


@keras.saving.register_keras_serializable(package="keras_tgdd")
@dataclasses.dataclass(frozen=True, kw_only=True)
class DANCE(MatchingMethod):
    """Dual-view distribution alignment for dataset condensation.

    Class means under `λ · init + (1 - λ) · final` of an expert,
    `λ ~ U(0, 1)`, plus the cross-entropy under its final weights, with weight
    1. Otherwise as `TGDD`, which came after it. The paper has five experts.

    Departs: both terms are of one step, where the published code makes a
    second pass for the cross-entropy; all classes move in one step.

    Attributes: see `MatchingMethod`.

    References:
        - [DANCE](https://arxiv.org/abs/2406.01063)
    """

    constraint_weight: float | None = 1.0

    def trajectory(self, task: Task) -> Trajectory:
        return InterpolatedExperts(task.expert_trajectories)
