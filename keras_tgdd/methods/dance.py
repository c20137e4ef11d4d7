"""DANCE: class means between random and trained weights."""

from typing import Any

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.methods.building import build_trainer
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.interpolated_experts import InterpolatedExperts


def dance(
    data: Any,
    experts: ExpertTrajectories,
    images_per_class: ImagesPerClass = 10,
    factor: int = 2,
    seed: int = 0,
    **given: Any,
) -> DistillationTrainer:
    """Dual-view distribution alignment for dataset condensation.

    Class means under `λ · init + (1 - λ) · final` of an expert,
    `λ ~ U(0, 1)`, plus the cross-entropy under its final weights, with weight
    1. Otherwise as `tgdd`, which came after it.

    Departs: both terms are of one step, where the published code makes a
    second pass for the cross-entropy; all classes move in one step.

    Args:
        data: `ImageDataset`, or a pair `(x, y)` of arrays.
        experts: `ExpertTrajectories`; the paper has five.
        images_per_class: positive int, or one a class. Defaults to `10`.
        factor: positive int. Defaults to `2`.
        seed: int, of the start and of all draws. Defaults to `0`.
        **given: arguments of `DistillationTrainer`, in place of the recipe's.

    Returns:
        `DistillationTrainer`, compiled and adapted to the data.

    References:
        - [DANCE](https://arxiv.org/abs/2406.01063)
    """
    return build_trainer(
        "dance",
        data,
        InterpolatedExperts(experts),
        images_per_class,
        factor,
        seed,
        given,
        constraint_weight=1.0,
    )
