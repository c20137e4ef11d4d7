"""DM: class means under random networks."""

import dataclasses
from typing import ClassVar

import keras

from keras_tgdd.methods.matching_method import ONE_OF_SIX
from keras_tgdd.methods.matching_method import MatchingMethod
from keras_tgdd.methods.matching_method import random_networks
from keras_tgdd.methods.matching_method import unit_pixel_rate
from keras_tgdd.methods.task import Task
from keras_tgdd.trajectories.trajectory import Trajectory


@keras.saving.register_keras_serializable(package="keras_tgdd")
@dataclasses.dataclass(frozen=True, kw_only=True)
class DM(MatchingMethod):
    """Dataset distillation by distribution matching.

    Class means under a fresh random network at each step, 256 real images per
    class, one of six augmentations per step. SGD with momentum 0.5 and a rate
    of 1 (10 from 100 images per class) on normalized pixels; published for
    20,000 steps. Images start from real ones. Of `experts` only
    architecture and normalization are used.

    Departs: pixels are kept in [0, 1], and the rate is scaled to that range;
    the operation is drawn for all classes at once, its strengths per class.

    Attributes: see `MatchingMethod`. `learning_rate` is of pixels in [0, 1].

    References:
        - [DM](https://arxiv.org/abs/2110.04181), equation 4
    """

    reads_experts: ClassVar[bool] = False

    factor: int = 1
    samples_per_class: int = 256
    constraint_weight: float | None = 0.0
    augmentation: tuple = ONE_OF_SIX

    def trajectory(self, task: Task) -> Trajectory:
        return random_networks(task.experts)

    def default_rate(self, task: Task) -> float:
        rate = 1.0 if task.most_images < 100 else 10.0
        return unit_pixel_rate(rate, task.experts)
