"""CAFE: means at several layers, and a discrimination term."""

import dataclasses
from typing import ClassVar

import keras

from keras_tgdd.methods.matching_method import MatchingMethod
from keras_tgdd.methods.matching_method import random_networks
from keras_tgdd.methods.matching_method import unit_pixel_rate
from keras_tgdd.methods.task import Task
from keras_tgdd.objectives.layer_matching import LayerMatching
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.trajectories.trajectory import Trajectory


@keras.saving.register_keras_serializable(package="keras_tgdd")
@dataclasses.dataclass(frozen=True, kw_only=True)
class CAFE(MatchingMethod):
    """Condensing a data set by aligning features.

    `Σ_l w_l ||mean f_l(T_c) - mean f_l(S_c)||²` over the maps of all blocks
    and the last pooled one, with w = 1 for the last block, before and after
    pooling, and 0.1 for shallower ones; plus 0.01 times the cross-entropy of
    real features against the mean synthetic features of the classes, summed
    over 256 real images per class. No augmentation; SGD 0.1 on normalized
    pixels, momentum 0.5, halved after 60, 80 and 90 % of the steps, of which
    the released code makes 20,000 at least; images start from noise. Of
    `experts` only architecture and normalization are used; their network has
    layers `"relu_1"`, `"relu_2"`, ... and `"features"`, as `ConvNet` has them.

    Departs: features are read under a fresh random network at each step. The
    released code starts 2000 times with one, and trains it on the synthetic
    images between steps, ten or more, until its accuracy settles. The stages
    of experts are further from that: on a held-out tenth of CIFAR-10, after
    5000 steps, they gave 43.2 % where random networks gave 48.8. Pixels are
    kept in [0, 1], and the rate is scaled to that range.

    The authors also distil under one of six augmentations per step (CAFE+DSA):
    `augmentation=(STRATEGIES,)`, 51.1 % there.

    Attributes: see `MatchingMethod`. `learning_rate` is of pixels in [0, 1].

    References:
        - [CAFE](https://arxiv.org/abs/2203.01531)
    """

    reads_experts: ClassVar[bool] = False

    factor: int = 1
    start: str = "noise"
    samples_per_class: int = 256
    constraint_weight: float | None = 0.0
    augmentation: tuple = ()

    def trajectory(self, task: Task) -> Trajectory:
        network = task.experts.network.network
        names = [layer.name for layer in network.layers]
        maps = [name for name in names if name.startswith("relu_")]
        if not maps or "features" not in names:
            raise ValueError(
                "CAFE reads layers named 'relu_1', 'relu_2', ... and "
                "'features', as `ConvNet` has them; for another network build "
                "a `DistillationTrainer` with "
                "`RandomNetworks(feature_layer=layers)` and `LayerMatching`. "
                f"Received: layers {names}"
            )
        return random_networks(task.experts, feature_layer=[*maps, "features"])

    def objective(self, task: Task) -> Objective:
        return LayerMatching()

    def default_rate(self, task: Task) -> float:
        return unit_pixel_rate(0.1, task.experts)

    def optimizer(self, task: Task) -> keras.optimizers.Optimizer:
        rate = self.rate(task)
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay(
            [int(share * task.steps) for share in (0.6, 0.8, 0.9)],
            [rate, rate / 2, rate / 4, rate / 8],
        )
        return keras.optimizers.SGD(schedule, momentum=self.momentum)
