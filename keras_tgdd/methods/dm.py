"""DM: class means under random networks."""

from typing import Any

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.methods.building import build_trainer
from keras_tgdd.methods.building import most_images
from keras_tgdd.methods.building import of_unit_pixels
from keras_tgdd.methods.building import one_of_six
from keras_tgdd.methods.building import random_networks
from keras_tgdd.methods.building import sgd
from keras_tgdd.trajectories.trajectory import Trajectory


def dm(
    data: Any,
    experts: Trajectory,
    images_per_class: ImagesPerClass = 10,
    factor: int = 1,
    seed: int = 0,
    **given: Any,
) -> DistillationTrainer:
    """Dataset distillation by distribution matching.

    Class means under a fresh random network at each step, 256 real images a
    class, one of six augmentations a step. SGD with momentum 0.5 and a rate
    of 1 (10 from 100 images per class) on normalized pixels; published for
    20,000 steps. Images start from real ones. Experts give architecture and
    statistics alone.

    Departs: pixels are kept in [0, 1], with the rate scaled to that; the
    operation is drawn for all classes at once, its strengths by class.

    Args:
        data: `ImageDataset`, or a pair `(x, y)` of arrays.
        experts: `ExpertTrajectories`, or another `Trajectory`.
        images_per_class: positive int, or one a class. Defaults to `10`.
        factor: positive int. Defaults to `1`.
        seed: int, of the start and of all draws. Defaults to `0`.
        **given: arguments of `DistillationTrainer`, in place of the recipe's.

    Returns:
        `DistillationTrainer`, compiled and adapted to the data.

    References:
        - [DM](https://arxiv.org/abs/2110.04181), equation 4
    """
    rate = 1.0 if most_images(images_per_class, experts) < 100 else 10.0
    return build_trainer(
        "dm",
        data,
        random_networks(experts),
        images_per_class,
        factor,
        seed,
        given,
        optimizer=sgd(of_unit_pixels(rate, experts)),
        constraint=False,
        augmentation=one_of_six(),
        samples_per_class=256,
    )
