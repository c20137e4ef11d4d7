"""IDM: class means under a queue of networks that train meanwhile."""

from typing import Any

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.methods.building import build_trainer
from keras_tgdd.methods.building import labelled
from keras_tgdd.methods.building import most_images
from keras_tgdd.methods.building import of_unit_pixels
from keras_tgdd.methods.building import one_of_six
from keras_tgdd.methods.building import sgd
from keras_tgdd.trajectories.network_queue import NetworkQueue
from keras_tgdd.trajectories.trajectory import Trajectory


def idm(
    data: Any,
    experts: Trajectory,
    images_per_class: ImagesPerClass = 10,
    factor: int = 2,
    seed: int = 0,
    steps_per_training: int = 100,
    **given: Any,
) -> DistillationTrainer:
    """Improved distribution matching.

    Class means under a network of a queue, plus w times the network's
    training accuracy in percent times the cross-entropy of the synthetic
    images; w = 0.5 below 50 images per class and 0.1 from there. A fresh
    network joins every 30 steps, and two train meanwhile. One of six
    augmentations a step; SGD 0.2 on normalized pixels with momentum 0.5;
    published for 20,000 steps. Experts give architecture and statistics
    alone.

    Departs: networks train in blocks of 100 steps, not of 10 after each step;
    at 1 image per class the setting is that of more, without the 5000 real
    images and the faster queue of the paper; pixels are kept in [0, 1], with
    the rate scaled to that.

    Args:
        data: `ImageDataset`, or a pair `(x, y)` of arrays.
        experts: `ExpertTrajectories`, or another `Trajectory`.
        images_per_class: positive int, or one a class. Defaults to `10`.
        factor: positive int. Defaults to `2`.
        seed: int, of the start, the queue and all draws. Defaults to `0`.
        steps_per_training: positive int, as in `NetworkQueue`. Defaults to
            `100`.
        **given: arguments of `DistillationTrainer`, in place of the recipe's.

    Returns:
        `DistillationTrainer`, compiled and adapted to the data.

    References:
        - [IDM](https://arxiv.org/abs/2307.09742)
    """
    data = labelled(data, experts)
    queue = NetworkQueue(
        experts.network.network,
        experts.mean,
        experts.std,
        data.x,
        data.y,
        steps_per_training=steps_per_training,
        class_names=experts.class_names,
        feature_layer=experts.network.feature_layer,
        seed=seed,
    )
    few = most_images(images_per_class, experts) < 50
    return build_trainer(
        "idm",
        data,
        queue,
        images_per_class,
        factor,
        seed,
        given,
        optimizer=sgd(of_unit_pixels(0.2, experts)),
        constraint_weight=0.5 if few else 0.1,
        augmentation=one_of_six(),
        region=1,
    )
