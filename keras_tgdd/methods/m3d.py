"""M3D: kernel mean embeddings under random networks."""

import dataclasses
from typing import ClassVar

import keras

from keras_tgdd.methods.matching_method import MatchingMethod
from keras_tgdd.methods.matching_method import random_networks
from keras_tgdd.methods.task import Task
from keras_tgdd.objectives.kernel_matching import KernelMatching
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.trajectories.trajectory import Trajectory


@keras.saving.register_keras_serializable(package="keras_tgdd")
@dataclasses.dataclass(frozen=True, kw_only=True)
class M3D(MatchingMethod):
    """Dataset condensation by minimizing maximum mean discrepancy.

    `mean k(T, T) - 2 mean k(T, S) + mean k(S, S)` for each class, with k the
    sum of five Gaussian kernels whose bandwidths are ¼, ½, 1, 2 and 4 times
    the mean squared distance, under a random network that serves five steps.
    Otherwise as `TGDD`, without the constraint; SGD with momentum 0.5 and a
    rate of 1 at 1 image per class and 10 above. Of `experts` only architecture
    and normalization are used.

    Departs: all classes move in one step, not one after the other.

    Attributes: see `MatchingMethod`.

    References:
        - [M3D](https://arxiv.org/abs/2312.15927)
    """

    reads_experts: ClassVar[bool] = False

    constraint_weight: float | None = 0.0

    def trajectory(self, task: Task) -> Trajectory:
        return random_networks(task.experts, steps_per_network=5)

    def objective(self, task: Task) -> Objective:
        return KernelMatching()

    def default_rate(self, task: Task) -> float:
        return 1.0 if task.most_images == 1 else 10.0
