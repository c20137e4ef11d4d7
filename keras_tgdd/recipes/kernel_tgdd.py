"""Our own combination: kernels along the stages of experts."""

from typing import Any

import keras

from keras_tgdd.annotations import ImagesPerClass
from keras_tgdd.checks import check_positive_int
from keras_tgdd.objectives.kernel_matching import KernelMatching
from keras_tgdd.recipes.building import build_trainer
from keras_tgdd.recipes.building import most_images
from keras_tgdd.recipes.building import sgd
from keras_tgdd.trainer import DistillationTrainer
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories


def kernel_tgdd(
    data: Any,
    experts: ExpertTrajectories,
    images_per_class: ImagesPerClass = 10,
    factor: int = 2,
    seed: int = 0,
    steps: int = 300,
    **given: Any,
) -> DistillationTrainer:
    """TGDD with the kernels of M3D in the place of class means.

    The stages, the constraint and the augmentation of `tgdd`; the squared
    maximum mean discrepancy of `m3d`, whose values are about a hundredth of
    those of class means: so is the weight of the constraint, 0.025 below 50
    images per class and 0.005 from there, and the rate is a hundred times as
    large. It starts at 2 × images_per_class and falls along a cosine to zero.
    Mosaics start from the real images nearest to the centres of k-means
    clusters of each class, in the features of the first expert (DREAM chooses
    the *real* images of a step so).

    Not published: chosen at 10 images per class on a held-out tenth of the
    training data of Fashion-MNIST, among the combinations of
    `benchmarks/combinations.py`. Kernels cannot be summarized: distil from
    the data themselves.

    Args:
        data: `ImageDataset`, or a pair `(x, y)` of arrays.
        experts: `ExpertTrajectories`.
        images_per_class: positive int, or one a class. Defaults to `10`.
        factor: positive int. Defaults to `2`.
        seed: int, of the start and of all draws. Defaults to `0`.
        steps: positive int, after which the rate is zero: the
            `epochs * steps_per_epoch` of `fit`. Defaults to `300`.
        **given: arguments of `DistillationTrainer`, in place of the recipe's.

    Returns:
        `DistillationTrainer`, compiled and adapted to the data.

    Raises:
        ValueError: if `steps` is not a positive int.

    References:
        - [TGDD](https://arxiv.org/abs/2512.02469), section 4
        - [M3D](https://arxiv.org/abs/2312.15927)
        - [DREAM](https://arxiv.org/abs/2302.14416)
    """
    check_positive_int("steps", steps)
    most = most_images(images_per_class, experts)
    rate = 20.0 if experts.image_shape[0] >= 128 else 2.0
    schedule = keras.optimizers.schedules.CosineDecay(rate * most, steps)
    return build_trainer(
        "kernel_tgdd",
        data,
        experts,
        images_per_class,
        factor,
        seed,
        given,
        start="k_means",
        optimizer=sgd(schedule),
        objective=KernelMatching(),
        constraint_weight=0.025 if most < 50 else 0.005,
    )
