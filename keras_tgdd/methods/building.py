"""What all recipes share: from parts to a compiled trainer."""

import inspect
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.datasets.training_data import training_data
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.layers.siamese_augmentation import STRATEGIES
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.methods.initialization import start_from_real
from keras_tgdd.synthetic.class_counts import class_counts
from keras_tgdd.synthetic.synthetic_images import SyntheticImages
from keras_tgdd.trajectories.random_networks import RandomNetworks
from keras_tgdd.trajectories.trajectory import Trajectory


def build_trainer(
    method: str,
    data: Any,
    trajectory: Trajectory,
    images_per_class: ImagesPerClass,
    factor: int,
    seed: int,
    given: dict[str, Any],
    mode: str = "mosaic",
    start: str = "random",
    optimizer: keras.optimizers.Optimizer | None = None,
    **parts: Any,
) -> DistillationTrainer:
    """Returns a compiled trainer whose images are adapted to the data.

    Args:
        method: string, what distilled sets say of how they were made.
        data: as `labelled` takes it.
        trajectory: `Trajectory`.
        images_per_class: int, or one a class.
        factor: int, tiles along a side of an image.
        seed: int, of the start and of all draws.
        given: arguments of `DistillationTrainer` that the caller of a recipe
            gave; they replace those of the recipe.
        mode: what images start from, as in `SyntheticImages.adapt`.
        start: which real images mosaics start from, a method of
            `select_images`; any but `"random"` takes a trajectory with
            `features`, such as `ExpertTrajectories`.
        optimizer: of the pixels; `None` takes the trainer's.
        **parts: arguments of `DistillationTrainer` that the recipe gives.

    Returns:
        `DistillationTrainer`.
    """
    data = labelled(data, trajectory)
    network = trajectory.network
    synthetic = SyntheticImages(
        network.num_classes, images_per_class, network.image_shape, factor
    )
    if start == "random":
        synthetic.adapt(data.x, data.y, mode=mode, seed=seed)
    else:
        start_from_real(
            synthetic, data.x, data.y, trajectory.features, start, seed
        )
    parts = {"seed": seed, "class_names": data.class_names, **parts, **given}
    trainer = DistillationTrainer(synthetic, trajectory, **parts)
    trainer.method = method
    trainer.compile(optimizer)
    return trainer


def labelled(data: Any, trajectory: Trajectory) -> TrainingData:
    """Gathers images and labels, once.

    Args:
        data: as `DistillationTrainer.fit` takes it, with labels in it; or a
            pair `(x, y)`; or what this function returned.
        trajectory: `Trajectory`, whose statistics stand for those of arrays.

    Returns:
        `TrainingData`.
    """
    if isinstance(data, TrainingData):
        return data
    x, y = data if isinstance(data, tuple) else (data, None)
    return training_data(x, y, mean=trajectory.mean, std=trajectory.std)


def planned_steps(recipe: Callable, steps: int) -> dict[str, int]:
    """Returns the argument `steps` for a recipe whose rate falls over them,
    and nothing for others.

    Args:
        recipe: function of `keras_tgdd.methods`.
        steps: int, the `epochs * steps_per_epoch` of `fit`.
    """
    takes = "steps" in inspect.signature(recipe).parameters
    return {"steps": steps} if takes else {}


def reads_experts(recipe: Callable) -> bool:
    """Whether a recipe reads more of experts than their architecture.

    Those that do not say so: they take any `Trajectory` in their place.

    Args:
        recipe: function of `keras_tgdd.methods`.
    """
    experts = inspect.signature(recipe).parameters["experts"]
    return experts.annotation is not Trajectory


def most_images(
    images_per_class: ImagesPerClass, trajectory: Trajectory
) -> int:
    """Number of images in the largest class of a set."""
    num_classes = trajectory.network.num_classes
    return max(class_counts(images_per_class, num_classes))


def one_of_six() -> SiameseAugmentation:
    """One operation for all classes of a step, its strengths by class."""
    return SiameseAugmentation((STRATEGIES,))


def no_augmentation() -> SiameseAugmentation:
    """A draw that changes nothing; a step's first input must be by class."""
    return SiameseAugmentation(("crop",), crop=0.0)


def random_networks(
    trajectory: Trajectory,
    steps_per_network: int = 1,
    feature_layer: str | Sequence[str] | None = None,
) -> RandomNetworks:
    """Random networks of the architecture of others, such as experts.

    Args:
        trajectory: `Trajectory`.
        steps_per_network: positive int. Defaults to `1`.
        feature_layer: name of the layer where features are read, or a
            sequence of names. `None` takes that of the others.
    """
    return RandomNetworks(
        trajectory.network.network,
        trajectory.mean,
        trajectory.std,
        trajectory.class_names,
        feature_layer or trajectory.network.feature_layer,
        steps_per_network,
    )


def sgd(rate: float, momentum: float = 0.5) -> keras.optimizers.SGD:
    """The optimizer that most of the field moves pixels with."""
    return keras.optimizers.SGD(rate, momentum=momentum)


def of_unit_pixels(rate: float, trajectory: Trajectory) -> float:
    """Turns a rate of normalized pixels into one of pixels in [0, 1].

    A step of `rate` along the gradient of normalized pixels moves pixels in
    [0, 1] as `rate * std²` along their own gradient does.
    """
    return rate * float(np.mean(np.square(trajectory.std)))
