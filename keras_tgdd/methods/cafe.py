"""CAFE: means at several layers, and a discrimination term."""

from typing import Any

import keras

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.methods.building import build_trainer
from keras_tgdd.methods.building import no_augmentation
from keras_tgdd.methods.building import of_unit_pixels
from keras_tgdd.methods.building import random_networks
from keras_tgdd.methods.building import sgd
from keras_tgdd.objectives.layer_matching import LayerMatching
from keras_tgdd.trajectories.trajectory import Trajectory


def cafe(
    data: Any,
    experts: Trajectory,
    images_per_class: ImagesPerClass = 10,
    factor: int = 1,
    seed: int = 0,
    steps: int = 20_000,
    **given: Any,
) -> DistillationTrainer:
    """Condensing a data set by aligning features.

    `Σ_l w_l ||mean f_l(T_c) - mean f_l(S_c)||²` over the maps of all blocks
    and the last pooled one, with w = 1 for the last block, before and after
    pooling, and 0.1 for shallower ones; plus 0.01 times the cross-entropy of
    real features against the mean synthetic features of the classes, summed
    over 256 real images a class. No augmentation; SGD 0.1 on normalized
    pixels, momentum 0.5, halved after 60, 80 and 90 % of the steps; images
    start from noise. Experts give architecture and statistics alone.

    Departs: features are read under a fresh random network at each step. The
    released code begins 2000 times with one, and trains it on the synthetic
    images between steps, ten or more, until its accuracy settles. The stages
    of experts are further from that: on a held-out tenth of CIFAR-10, after
    5000 steps, they gave 43.2 % where random networks gave 48.8. Pixels are
    kept in [0, 1], with the rate scaled to that.

    The authors also distil under one of six augmentations a step (CAFE+DSA):
    `augmentation=SiameseAugmentation((STRATEGIES,))`, 51.1 % there.

    Args:
        data: `ImageDataset`, or a pair `(x, y)` of arrays.
        experts: `ExpertTrajectories`, or another `Trajectory`, of networks
            with layers `"relu_1"`, `"relu_2"`, ... and `"features"`, as
            `ConvNet` has them.
        images_per_class: positive int, or one a class. Defaults to `10`.
        factor: positive int. Defaults to `1`.
        seed: int, of the start and of all draws. Defaults to `0`.
        steps: positive int, the `epochs * steps_per_epoch` of `fit`. Defaults
            to `20_000`, the least that the released code makes.
        **given: arguments of `DistillationTrainer`, in place of the recipe's.

    Returns:
        `DistillationTrainer`, compiled and adapted to the data.

    Raises:
        ValueError: if the network has no such layers, or `steps` is not a
            positive int.

    References:
        - [CAFE](https://arxiv.org/abs/2203.01531)
    """
    check_positive_int("steps", steps)
    names = [layer.name for layer in experts.network.network.layers]
    maps = [name for name in names if name.startswith("relu_")]
    if not maps or "features" not in names:
        raise ValueError(
            "CAFE reads layers named 'relu_1', 'relu_2', ... and 'features', "
            "as `ConvNet` has them; for another network build a "
            "`DistillationTrainer` with `RandomNetworks(feature_layer=layers)` "
            f"and `LayerMatching`. Received: layers {names}"
        )
    rate = of_unit_pixels(0.1, experts)
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(
        [int(share * steps) for share in (0.6, 0.8, 0.9)],
        [rate, rate / 2, rate / 4, rate / 8],
    )
    return build_trainer(
        "cafe",
        data,
        random_networks(experts, feature_layer=[*maps, "features"]),
        images_per_class,
        factor,
        seed,
        given,
        mode="noise",
        optimizer=sgd(schedule),
        objective=LayerMatching(),
        constraint=False,
        augmentation=no_augmentation(),
        samples_per_class=256,
    )
