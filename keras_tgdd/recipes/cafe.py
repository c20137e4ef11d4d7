"""CAFE: means at several layers, and a discrimination term."""

from typing import Any

import keras

from keras_tgdd.annotations import ImagesPerClass
from keras_tgdd.objectives.layer_matching import LayerMatching
from keras_tgdd.recipes.building import build_trainer
from keras_tgdd.recipes.building import of_unit_pixels
from keras_tgdd.recipes.building import one_of_six
from keras_tgdd.recipes.building import sgd
from keras_tgdd.trainer import DistillationTrainer
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories


def cafe(
    data: Any,
    experts: ExpertTrajectories,
    images_per_class: ImagesPerClass = 10,
    factor: int = 1,
    seed: int = 0,
    **given: Any,
) -> DistillationTrainer:
    """Condensing a data set by aligning features.

    `Σ_l w_l ||mean f_l(T_c) - mean f_l(S_c)||²` over the maps of all blocks
    and the last pooled one, with w = 1 for the last block, before and after
    pooling, and 0.1 for shallower ones; plus 0.01 times the cross-entropy of
    real features against the mean synthetic features of the classes, summed
    over 256 real images a class. SGD 0.1 on normalized pixels, momentum 0.5,
    halved at steps 1200, 1600 and 1800 of 2000; images start from noise.

    Departs: features are read along the stages of experts, where the paper
    trains its network on the synthetic images in turn with them; all of a
    step share one of six augmentations; pixels are kept in [0, 1], with the
    rate scaled to that.

    Args:
        data: `ImageDataset`, or a pair `(x, y)` of arrays.
        experts: `ExpertTrajectories`, of networks with layers `"relu_1"`,
            `"relu_2"`, ... and `"features"`, as `ConvNet` has them.
        images_per_class: positive int, or one a class. Defaults to `10`.
        factor: positive int. Defaults to `1`.
        seed: int, of the start and of all draws. Defaults to `0`.
        **given: arguments of `DistillationTrainer`, in place of the recipe's.

    Returns:
        `DistillationTrainer`, compiled and adapted to the data.

    Raises:
        ValueError: if the network has no such layers.

    References:
        - [CAFE](https://arxiv.org/abs/2203.01531)
    """
    names = [layer.name for layer in experts.network.network.layers]
    maps = [name for name in names if name.startswith("relu_")]
    if not maps or "features" not in names:
        raise ValueError(
            "CAFE reads layers named 'relu_1', 'relu_2', ... and 'features', "
            "as `ConvNet` has them; for another network build a "
            "`DistillationTrainer` with `experts.reading(layers)` and "
            f"`LayerMatching`. Received: layers {names}"
        )
    rate = of_unit_pixels(0.1, experts)
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(
        [1200, 1600, 1800], [rate, rate / 2, rate / 4, rate / 8]
    )
    return build_trainer(
        "cafe",
        data,
        experts.reading([*maps, "features"]),
        images_per_class,
        factor,
        seed,
        given,
        mode="noise",
        optimizer=sgd(schedule),
        objective=LayerMatching(),
        constraint=False,
        augmentation=one_of_six(),
        samples_per_class=256,
    )
