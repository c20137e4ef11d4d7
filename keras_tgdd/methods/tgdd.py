"""TGDD: class means along the stages of experts, and their classifiers."""

from typing import Any

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.methods.building import build_trainer
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories


def tgdd(
    data: Any,
    experts: ExpertTrajectories,
    images_per_class: ImagesPerClass = 10,
    factor: int = 2,
    seed: int = 0,
    **given: Any,
) -> DistillationTrainer:
    """Trajectory guided dataset distillation.

    Class means under a stage j of an expert, plus α times the cross-entropy
    under a later stage k of the same expert, `k ~ U{j, ..., j + 6}`; α = 2.5
    below 50 images per class and 0.5 from there. Colour, crop and cutout, a
    draw for each class; SGD 0.01 × images_per_class with momentum 0.5.

    Departs: all classes move in one step, not one after the other.

    Args:
        data: `ImageDataset`, or a pair `(x, y)` of arrays.
        experts: `ExpertTrajectories`; the paper has five of 60 epochs.
        images_per_class: positive int, or one a class. Defaults to `10`.
        factor: positive int. Defaults to `2`.
        seed: int, of the start and of all draws. Defaults to `0`.
        **given: arguments of `DistillationTrainer`, in place of the recipe's.

    Returns:
        `DistillationTrainer`, compiled and adapted to the data.

    References:
        - [TGDD](https://arxiv.org/abs/2512.02469), section 4
    """
    return build_trainer(
        "tgdd", data, experts, images_per_class, factor, seed, given
    )
