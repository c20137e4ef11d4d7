"""The base of methods that move pixels until features agree."""

import dataclasses
import re
from collections.abc import Sequence
from typing import Any
from typing import ClassVar

import keras
import numpy as np

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.arguments import check_positive
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.arguments import check_weight
from keras_tgdd.datasets.selection import SELECTIONS
from keras_tgdd.datasets.selection import choose_images
from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.distillation.distillation_step import DistillationStep
from keras_tgdd.distillation.feature_step import FeatureStep
from keras_tgdd.distillation.summaries.summarize import data_for
from keras_tgdd.distillation.summaries.summary_plan import SummaryPlan
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.layers.siamese_augmentation import STRATEGIES
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.methods.method import Method
from keras_tgdd.methods.task import Task
from keras_tgdd.objectives.class_mean_matching import ClassMeanMatching
from keras_tgdd.objectives.classification_constraint import (
    ClassificationConstraint,
)
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.synthetic.class_counts import class_counts
from keras_tgdd.synthetic.class_counts import default_rate
from keras_tgdd.synthetic.parameterization import Parameterization
from keras_tgdd.synthetic.synthetic_images import SyntheticImages
from keras_tgdd.trajectories.expert_trajectories import check_experts
from keras_tgdd.trajectories.random_networks import RandomNetworks
from keras_tgdd.trajectories.trajectory import Trajectory

# One operation for all classes of a step, its strengths by class.
ONE_OF_SIX = (STRATEGIES,)
# What synthetic images start from: chosen real images, or noise.
STARTS = (*SELECTIONS, "noise")


@dataclasses.dataclass(frozen=True, kw_only=True)
class MatchingMethod(Method):
    """Chooses the parts of a `DistillationTrainer`; its defaults are TGDD's.

    Subclassing: change defaults, add fields, and override what differs of
    `parameterization`, `trajectory`, `objective`, `default_rate`,
    `default_constraint_weight`, `optimizer`, `summary_plan` and `step`. An
    `optimizer` takes its rate from `rate`. A method that reads no experts
    sets `reads_experts = False`.

    Attributes:
        factor: positive int; every image is a `factor` x `factor` mosaic.
        start: `"noise"`, or how the real images of the first mosaics are
            chosen: a selection of `keras_tgdd.evaluation.select_images`, in
            the features of the first expert (`"random"` reads none).
        samples_per_class: positive int, real images per class in a step.
        max_decoded: positive int, the most decoded images per class in a
            step.
        region: positive int; the constraint's snapshot lies at most
            `region - 1` after that of the features. `1` reads both in one
            pass.
        constraint_weight: float of at least 0, weight of the cross-entropy of
            the synthetic images. `None` takes the method's rule.
        augmentation: strategies of `SiameseAugmentation`; `()` changes
            nothing.
        learning_rate: positive float. `None` takes the method's rule.
        momentum: float in [0, 1), of methods that use SGD.

    Raises:
        ValueError: if a value is out of range.
    """

    # Whether steps read snapshots of experts; a class says it, no field.
    reads_experts: ClassVar[bool] = True
    # What a step computes.
    step: ClassVar[type[DistillationStep]] = FeatureStep

    factor: int = 2
    start: str = "random"
    samples_per_class: int = 128
    max_decoded: int = 200
    region: int = 7
    constraint_weight: float | None = None
    augmentation: tuple = ("color", "crop", "cutout")
    learning_rate: float | None = None
    momentum: float = 0.5

    def __post_init__(self):
        for name in ("factor", "samples_per_class", "max_decoded", "region"):
            check_positive_int(name, getattr(self, name))
        if self.start not in STARTS:
            raise ValueError(
                f"`start` must be one of {sorted(STARTS)}. Received: "
                f"start={self.start!r}"
            )
        if self.constraint_weight is not None:
            check_weight("constraint_weight", self.constraint_weight)
        if self.learning_rate is not None:
            check_positive("learning_rate", self.learning_rate)
        check_weight("momentum", self.momentum)
        if not 0.0 <= self.momentum < 1.0:
            raise ValueError(
                "`momentum` must lie in [0, 1). Received: "
                f"momentum={self.momentum!r}"
            )
        if isinstance(self.augmentation, list):  # a value can be hashed
            nested = self.from_config({"augmentation": self.augmentation})
            object.__setattr__(self, "augmentation", nested.augmentation)
        if self.augmentation:
            SiameseAugmentation(self.augmentation)  # refuses unknown names

    @property
    def needs_experts(self) -> bool:
        return self.reads_experts or self.start not in ("random", "noise")

    @property
    def real_per_class(self) -> int:
        return self.samples_per_class

    def trajectory(self, task: Task) -> Trajectory:
        """Returns where steps take their networks from: the experts."""
        return task.experts

    def objective(self, task: Task) -> Objective:
        """Returns what must agree: class means."""
        return ClassMeanMatching()

    def default_rate(self, task: Task) -> float:
        """Returns the method's learning rate, where none is set: TGDD's."""
        return default_rate(task.data.image_shape, task.most_images)

    def rate(self, task: Task) -> float:
        """Returns `learning_rate`, or the method's own."""
        chosen = self.learning_rate
        return self.default_rate(task) if chosen is None else chosen

    def optimizer(self, task: Task) -> keras.optimizers.Optimizer:
        """Returns the optimizer of the pixels: SGD with momentum."""
        return keras.optimizers.SGD(self.rate(task), momentum=self.momentum)

    def default_constraint_weight(self, task: Task) -> float | None:
        """Returns the method's weight of the constraint, where none is set;
        `None` takes the trainer's: 2.5 below 50 images per class, 0.5 from
        there."""
        return None

    def summary_plan(self, task: Task) -> SummaryPlan | None:
        """Returns the plan of summaries, for an objective that works from
        summaries alone. `None` takes four per snapshot."""
        return None

    def parameterization(self, task: Task) -> Parameterization:
        """Returns the synthetic images at their start: mosaics of pixels."""
        synthetic = SyntheticImages(
            len(task.counts),
            list(task.counts),
            task.experts.network.image_shape,
            self.factor,
        )
        if self.start == "noise":
            synthetic.adapt(mode="noise", seed=task.seed)
            return synthetic
        x, y = task.data.x, task.data.y
        if self.start != "random":
            chosen = choose_images(
                self.start,
                task.expert_trajectories.features(x),
                y,
                synthetic.decoded_counts,
                task.seed,
            )
            x, y = x[chosen], y[chosen]
        synthetic.adapt(x, y, seed=task.seed)
        return synthetic

    def build(
        self,
        data: Any,
        experts: Trajectory,
        images_per_class: ImagesPerClass = 10,
        *,
        steps: int = 500,
        seed: int = 0,
    ) -> DistillationTrainer:
        check_positive_int("steps", steps)
        check_seed(seed)
        if self.needs_experts:
            check_experts(experts)
        data = data_for(experts, data)
        experts.check_fits(data.image_shape, data.num_classes)
        num_classes = experts.network.num_classes
        counts = class_counts(images_per_class, num_classes, data.class_names)
        task = Task(data, experts, counts, steps, seed)
        weight = self.constraint_weight
        if weight is None:
            weight = self.default_constraint_weight(task)
        # Stored identities tell a method without the constraint from a
        # weight of zero.
        without = weight == 0.0 and type(self).constraint_weight == 0.0
        trainer = DistillationTrainer(
            self.parameterization(task),
            self.trajectory(task),
            self.objective(task),
            constraint=None if without else ClassificationConstraint(),
            constraint_weight=weight,
            augmentation=(
                SiameseAugmentation(self.augmentation)
                if self.augmentation
                else _no_augmentation()
            ),
            region=self.region,
            samples_per_class=self.samples_per_class,
            max_decoded=self.max_decoded,
            class_names=data.class_names,
            method=_name(type(self)),
            summary_plan=self.summary_plan(task),
            step=self.step,
            seed=seed,
        )
        trainer.compile(self.optimizer(task))
        return trainer

    def start_counts(
        self, data: TrainingData, counts: Sequence[int]
    ) -> np.ndarray:
        return SyntheticImages(
            data.num_classes, list(counts), data.image_shape, self.factor
        ).decoded_counts


def random_networks(
    trajectory: Trajectory,
    steps_per_network: int = 1,
    feature_layer: str | Sequence[str] | None = None,
) -> RandomNetworks:
    """Returns random networks of the architecture of others.

    Args:
        trajectory: `Trajectory`, such as experts.
        steps_per_network: positive int. Defaults to `1`.
        feature_layer: name of the layer where features are read, or a
            sequence of names. `None` takes that of the others.
    """
    return RandomNetworks(
        trajectory.network.network,
        trajectory.normalization,
        class_names=trajectory.class_names,
        feature_layer=feature_layer or trajectory.network.feature_layer,
        steps_per_network=steps_per_network,
    )


def cosine(rate: float, steps: int) -> Any:
    """Returns a schedule from `rate` along half a cosine to zero.

    Args:
        rate: float.
        steps: int, after which the rate is zero.
    """
    return keras.optimizers.schedules.CosineDecay(rate, steps)


def unit_pixel_rate(rate: float, trajectory: Trajectory) -> float:
    """Converts a rate of normalized pixels into one of pixels in [0, 1].

    A step of `rate` along the gradient of normalized pixels moves pixels in
    [0, 1] as `rate * std²` along their own gradient does.

    Args:
        rate: float.
        trajectory: `Trajectory`, whose normalization counts.
    """
    return rate * float(np.mean(np.square(trajectory.normalization.std)))


def _no_augmentation():
    """A draw that changes nothing; a step's first input must be by class."""
    return SiameseAugmentation(("crop",), crop=0.0)


def _name(method):
    """The name that distilled sets give a method, such as `"tgdd"`."""
    registered = keras.saving.get_registered_name(method).split(">")[-1]
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", registered)
    return words.lower()
