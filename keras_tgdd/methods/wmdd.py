"""WMDD: the barycentre of each class in the features of the last networks."""

from typing import Any

import keras

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.distillation.summaries.summary_plan import SummaryPlan
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.methods.building import build_trainer
from keras_tgdd.methods.building import no_augmentation
from keras_tgdd.objectives.barycenter_matching import BarycenterMatching
from keras_tgdd.synthetic.class_counts import class_counts
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories

_STEPS = 2000


def wmdd(
    data: Any,
    experts: ExpertTrajectories,
    images_per_class: ImagesPerClass = 10,
    factor: int = 1,
    seed: int = 0,
    **given: Any,
) -> DistillationTrainer:
    """Dataset distillation via the Wasserstein metric.

    `Σ_j ||f(x_j) - b_j||²` against the atoms b_j of the Wasserstein
    barycentre of each class, plus 10 times the distance of mean and variance,
    plus the cross-entropy, all under the last weights of an expert. No
    augmentation; Adam 0.25 with betas 0.5 and 0.9, falling along a cosine
    for 2000 steps. `fit` finds the barycentres first, which needs POT
    (`pip install keras-tgdd[transport]`).

    Departs: means and variances are those of the features of a class, where
    the paper compares statistics of batch normalization, which ConvNets with
    instance normalization have none of; images start from real ones; labels
    stay hard (`DistilledDataset.relabel` gives soft ones).

    Args:
        data: `ImageDataset`, or a pair `(x, y)` of arrays.
        experts: `ExpertTrajectories`.
        images_per_class: positive int, or the same one a class. Defaults to
            `10`.
        factor: positive int. Defaults to `1`.
        seed: int, of the start, the atoms and all draws. Defaults to `0`.
        **given: arguments of `DistillationTrainer`, in place of the recipe's.

    Returns:
        `DistillationTrainer`, compiled and adapted to the data.

    Raises:
        ValueError: if classes have different numbers of images.

    References:
        - [WMDD](https://arxiv.org/abs/2311.18531)
    """
    counts = class_counts(images_per_class, experts.num_classes)
    if len(set(counts)) > 1:
        raise ValueError(
            "WMDD takes as many images of each class. Received: "
            f"images_per_class={images_per_class!r}"
        )
    objective = BarycenterMatching(counts[0] * factor**2, seed=seed)
    # Nothing is drawn: without augmentation one summary an expert is all.
    objective.summary_plan = SummaryPlan(experts.num_experts, snapshots=(-1,))
    schedule = keras.optimizers.schedules.CosineDecay(0.25, _STEPS)
    return build_trainer(
        "wmdd",
        data,
        experts,
        images_per_class,
        factor,
        seed,
        given,
        optimizer=keras.optimizers.Adam(schedule, 0.5, 0.9),
        objective=objective,
        constraint_weight=1.0,
        augmentation=no_augmentation(),
        region=1,  # the constraint reads the same weights
    )
