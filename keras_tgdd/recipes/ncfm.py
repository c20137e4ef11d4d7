"""NCFM: characteristic functions, amplitude and phase."""

from typing import Any

import keras

from keras_tgdd.annotations import ImagesPerClass
from keras_tgdd.objectives.characteristic_function_matching import (
    CharacteristicFunctionMatching,
)
from keras_tgdd.recipes.building import build_trainer
from keras_tgdd.trainer import DistillationTrainer
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.interpolated_experts import InterpolatedExperts


def ncfm(
    data: Any,
    experts: ExpertTrajectories,
    images_per_class: ImagesPerClass = 10,
    factor: int = 2,
    seed: int = 0,
    **given: Any,
) -> DistillationTrainer:
    """Dataset distillation with neural characteristic functions.

    `300 · mean over t of sqrt(½ (|Φ_T| - |Φ_S|)² + |Φ_T||Φ_S|(1 - cos Δ))`
    for each class, with Φ the characteristic functions of normalized features
    at 1024 frequencies t and Δ the angle between them; plus the cross-entropy
    under a trained network. Colour, crop and cutout; 1024 real images a class;
    AdamW 0.01; published for 20,000 steps along 20 experts.

    Departs: features are read between initial and final weights of an expert;
    frequencies are drawn once, and no network chooses them, which the
    released settings switch off, too; the cross-entropy, of weight 1, and all
    classes move in one step, where the released code makes two for each class
    and halves the rate when the loss has not fallen for 500 steps.

    Args:
        data: `ImageDataset`, or a pair `(x, y)` of arrays.
        experts: `ExpertTrajectories`.
        images_per_class: positive int, or one a class. Defaults to `10`.
        factor: positive int. Defaults to `2`.
        seed: int, of the start, frequencies and all draws. Defaults to `0`.
        **given: arguments of `DistillationTrainer`, in place of the recipe's.

    Returns:
        `DistillationTrainer`, compiled and adapted to the data.

    References:
        - [NCFM](https://arxiv.org/abs/2502.20653)
    """
    return build_trainer(
        "ncfm",
        data,
        InterpolatedExperts(experts),
        images_per_class,
        factor,
        seed,
        given,
        optimizer=keras.optimizers.AdamW(0.01),
        objective=CharacteristicFunctionMatching(seed=seed),
        constraint_weight=1.0,
        samples_per_class=1024,
    )
