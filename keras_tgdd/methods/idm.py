"""IDM: class means under a queue of networks that train meanwhile."""

import dataclasses
from typing import ClassVar

import keras

from keras_tgdd.arguments import check_positive_int
from keras_tgdd.methods.matching_method import ONE_OF_SIX
from keras_tgdd.methods.matching_method import MatchingMethod
from keras_tgdd.methods.matching_method import unit_pixel_rate
from keras_tgdd.methods.task import Task
from keras_tgdd.trajectories.network_queue import NetworkQueue
from keras_tgdd.trajectories.trajectory import Trajectory


@keras.saving.register_keras_serializable(package="keras_tgdd")
@dataclasses.dataclass(frozen=True, kw_only=True)
class IDM(MatchingMethod):
    """Improved distribution matching.

    Class means under a network of a queue, plus w times the network's
    training accuracy in percent times the cross-entropy of the synthetic
    images; w = 0.5 below 50 images per class and 0.1 from there. A fresh
    network joins every 30 steps, and two train meanwhile. One of six
    augmentations per step; SGD 0.2 on normalized pixels with momentum 0.5;
    published for 20,000 steps. Experts give architecture and normalization
    alone.

    Departs: networks train in blocks of 100 steps, not of 10 after each step;
    at 1 image per class the task is that of more, without the 5000 real
    images and the faster queue of the paper; pixels are kept in [0, 1], and
    the rate is scaled to that range.

    Attributes: see `MatchingMethod`, and
        steps_per_training: positive int, as in `NetworkQueue`.

    References:
        - [IDM](https://arxiv.org/abs/2307.09742)
    """

    reads_experts: ClassVar[bool] = False

    region: int = 1
    augmentation: tuple = ONE_OF_SIX
    steps_per_training: int = 100

    def __post_init__(self):
        super().__post_init__()
        check_positive_int("steps_per_training", self.steps_per_training)

    def trajectory(self, task: Task) -> Trajectory:
        experts = task.experts
        return NetworkQueue(
            experts.network.network,
            task.data,
            normalization=experts.normalization,
            steps_per_training=self.steps_per_training,
            class_names=experts.class_names,
            feature_layer=experts.network.feature_layer,
            seed=task.seed,
        )

    def default_rate(self, task: Task) -> float:
        return unit_pixel_rate(0.2, task.experts)

    def default_constraint_weight(self, task: Task) -> float | None:
        return 0.5 if task.most_images < 50 else 0.1
