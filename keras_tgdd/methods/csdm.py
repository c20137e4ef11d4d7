"""CSDM: spectra of kernels, with classes weighted by their size."""

import dataclasses

import keras

from keras_tgdd.methods.matching_method import MatchingMethod
from keras_tgdd.methods.task import Task
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.objectives.spectral_matching import SpectralMatching
from keras_tgdd.trajectories.interpolated_experts import InterpolatedExperts
from keras_tgdd.trajectories.trajectory import Trajectory


@keras.saving.register_keras_serializable(package="keras_tgdd")
@dataclasses.dataclass(frozen=True, kw_only=True)
class CSDM(MatchingMethod):
    """Class-aware spectral distribution matching, for long-tailed data.

    `2 · 300 · mean over w of α_c (|Φ_T| - |Φ_S|)² + 2 (1 - α_c) |Φ_T||Φ_S|
    (1 - cos Δ)` for each class c, with w drawn from the spectral measure of a
    mixture of Gaussian kernels and α_c linear in the logarithm of the number
    of real images; plus the cross-entropy under a trained network. AdamW at a
    constant 0.01.

    Departs: the sources at hand give neither kernel, number of frequencies
    nor the rule of α; those of `SpectralMatching` were chosen. Everything else
    that a trainer needs is that of `NCFM`, with the augmentation and the 128
    real images of `TGDD`.

    Attributes: see `MatchingMethod`.

    References:
        - [CSDM](https://arxiv.org/abs/2603.01698)
    """

    constraint_weight: float | None = 1.0

    def trajectory(self, task: Task) -> Trajectory:
        return InterpolatedExperts(task.expert_trajectories)

    def objective(self, task: Task) -> Objective:
        return SpectralMatching(
            class_counts=task.data.counts.tolist(),
            weight=300.0,
            seed=task.seed,
        )

    def default_rate(self, task: Task) -> float:
        return 0.01

    def optimizer(self, task: Task) -> keras.optimizers.Optimizer:
        return keras.optimizers.AdamW(self.rate(task))
