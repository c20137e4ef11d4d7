"""CSDM: spectra of kernels, with classes weighed by their size."""

from typing import Any

import keras

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.methods.building import build_trainer
from keras_tgdd.methods.building import labelled
from keras_tgdd.objectives.spectral_matching import SpectralMatching
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.interpolated_experts import InterpolatedExperts


def csdm(
    data: Any,
    experts: ExpertTrajectories,
    images_per_class: ImagesPerClass = 10,
    factor: int = 2,
    seed: int = 0,
    **given: Any,
) -> DistillationTrainer:
    """Class-aware spectral distribution matching, for long-tailed data.

    `2 · 300 · mean over w of α_c (|Φ_T| - |Φ_S|)² + 2 (1 - α_c) |Φ_T||Φ_S|
    (1 - cos Δ)` for each class c, with w drawn from the spectral measure of a
    mixture of Gaussian kernels and α_c linear in the logarithm of the number
    of real images; plus the cross-entropy under a trained network. AdamW at a
    constant 0.01.

    Departs: the sources at hand give neither kernel, number of frequencies
    nor the rule of α; those of `SpectralMatching` were chosen, and whatever
    else a trainer needs is that of `ncfm`, with the augmentation and the 128
    real images of `tgdd`.

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
        - [CSDM](https://arxiv.org/abs/2603.01698)
    """
    data = labelled(data, experts)
    return build_trainer(
        "csdm",
        data,
        InterpolatedExperts(experts),
        images_per_class,
        factor,
        seed,
        given,
        optimizer=keras.optimizers.AdamW(0.01),
        objective=SpectralMatching(
            class_counts=data.counts, weight=300.0, seed=seed
        ),
        constraint_weight=1.0,
    )
