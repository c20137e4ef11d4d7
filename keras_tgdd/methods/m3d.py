"""M3D: kernel mean embeddings under random networks."""

from typing import Any

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.methods.building import build_trainer
from keras_tgdd.methods.building import most_images
from keras_tgdd.methods.building import random_networks
from keras_tgdd.methods.building import sgd
from keras_tgdd.objectives.kernel_matching import KernelMatching
from keras_tgdd.trajectories.trajectory import Trajectory


def m3d(
    data: Any,
    experts: Trajectory,
    images_per_class: ImagesPerClass = 10,
    factor: int = 2,
    seed: int = 0,
    **given: Any,
) -> DistillationTrainer:
    """Dataset condensation by minimizing maximum mean discrepancy.

    `mean k(T, T) - 2 mean k(T, S) + mean k(S, S)` for each class, with k the
    sum of five Gaussian kernels whose bandwidths are ¼, ½, 1, 2 and 4 times
    the mean squared distance, under a random network that serves five steps.
    Otherwise as `tgdd`, without the constraint; SGD with momentum 0.5 and a
    rate of 1 at 1 image per class and 10 above. Experts give architecture and
    statistics alone.

    Departs: all classes move in one step, not one after the other.

    Args:
        data: `ImageDataset`, or a pair `(x, y)` of arrays.
        experts: `ExpertTrajectories`, or another `Trajectory`.
        images_per_class: positive int, or one a class. Defaults to `10`.
        factor: positive int. Defaults to `2`.
        seed: int, of the start and of all draws. Defaults to `0`.
        **given: arguments of `DistillationTrainer`, in place of the recipe's.

    Returns:
        `DistillationTrainer`, compiled and adapted to the data.

    References:
        - [M3D](https://arxiv.org/abs/2312.15927)
    """
    rate = 1.0 if most_images(images_per_class, experts) == 1 else 10.0
    return build_trainer(
        "m3d",
        data,
        random_networks(experts, steps_per_network=5),
        images_per_class,
        factor,
        seed,
        given,
        optimizer=sgd(rate),
        objective=KernelMatching(),
        constraint=False,
    )
