"""The parts of a distillation, as one value."""

import dataclasses
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np

from keras_tgdd.arguments import check_class_names
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.arguments import check_weight
from keras_tgdd.distillation.summaries.summary_plan import SummaryPlan
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.objectives.class_mean_matching import ClassMeanMatching
from keras_tgdd.objectives.classification_constraint import (
    ClassificationConstraint,
)
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.runtime.memory import fitting_classes
from keras_tgdd.synthetic.parameterization import Parameterization
from keras_tgdd.trajectories.trajectory import Trajectory


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class DistillationParts:
    """Everything that decides what a step computes, checked once.

    The trainer makes it from its arguments; steps, sources of steps,
    checkpoints and estimates read it, and none of them knows the trainer.

    Attributes:
        synthetic: `Parameterization`, what is optimised.
        trajectory: `Trajectory`, where a step takes its networks from.
        objective: `Objective`, what must agree. Built for the features of the
            trajectory's network.
        constraint: function as `ClassificationConstraint`, or `None`.
        constraint_weight: float of at least 0. `None` becomes the paper's: 2.5
            below 50 images per class, 0.5 from there.
        augmentation: `SiameseAugmentation`.
        region: positive int, length of the expert region.
        samples_per_class: positive int, real images per class in a step.
        max_decoded: positive int, the most decoded images per class in a step.
        class_names: tuple of strings, or `None`; sequences and arrays of
            names are accepted. `None` becomes the trajectory's.
        method: optional string, the name that the record gives the method.
        summary_plan: optional `SummaryPlan`, the summaries of an objective
            that works from summaries alone.
        classes_per_chunk: positive int, classes whose activations are in
            memory at a time. `None` becomes as many as fit in 5 GiB.
        seed: int of at least 0, seed of all draws.

    Raises:
        ValueError: if parts do not fit together or a number is out of range.
        TypeError: if `constraint` is neither a function nor `None`, or
            `class_names` is one string.
    """

    synthetic: Parameterization
    trajectory: Trajectory
    objective: Objective = dataclasses.field(default_factory=ClassMeanMatching)
    constraint: Callable | None = ClassificationConstraint()
    constraint_weight: float | None = None
    augmentation: SiameseAugmentation = dataclasses.field(
        default_factory=SiameseAugmentation
    )
    region: int = 7
    samples_per_class: int = 128
    max_decoded: int = 200
    class_names: Sequence[str] | np.ndarray | None = None
    method: str | None = None
    summary_plan: SummaryPlan | None = None
    classes_per_chunk: int | None = None
    seed: int = 0

    def __post_init__(self):
        for name, kind in (
            ("synthetic", Parameterization),
            ("trajectory", Trajectory),
            ("objective", Objective),
            ("augmentation", SiameseAugmentation),
        ):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(
                    f"`{name}` must be a `{kind.__name__}`. Received: {name} "
                    f"of type {type(getattr(self, name)).__name__}"
                )
        check_positive_int("region", self.region)
        check_positive_int("samples_per_class", self.samples_per_class)
        check_positive_int("max_decoded", self.max_decoded)
        if self.constraint_weight is not None:
            check_weight("constraint_weight", self.constraint_weight)
        check_seed(self.seed)
        if self.classes_per_chunk is not None:
            check_positive_int("classes_per_chunk", self.classes_per_chunk)
        if self.constraint is not None and not callable(self.constraint):
            raise TypeError(
                "`constraint` must be a function such as "
                "`ClassificationConstraint()`, or None, which leaves it out. "
                f"Received: constraint={self.constraint!r}"
            )
        synthetic, trajectory = self.synthetic, self.trajectory
        trajectory.check_fits(synthetic.image_shape, synthetic.num_classes)
        self.objective.build(trajectory.network.feature_sizes)
        few = synthetic.counts.max() < 50
        names = self.class_names
        names = trajectory.class_names if names is None else names
        resolved = {
            "constraint_weight": float(
                (2.5 if few else 0.5)
                if self.constraint_weight is None
                else self.constraint_weight
            ),
            "class_names": check_class_names(names, synthetic.num_classes),
        }
        for name, value in resolved.items():
            object.__setattr__(self, name, value)

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.synthetic.num_classes

    @property
    def constrained(self) -> bool:
        """Whether the constraint takes part."""
        return self.constraint is not None and self.constraint_weight != 0.0

    @property
    def decoded_in_step(self) -> int:
        """Decoded synthetic images per class in a step."""
        return min(self.synthetic.decoded_per_class, self.max_decoded)

    @property
    def networks_in_step(self) -> int:
        """Networks that read the synthetic images in a step: 1 or 2."""
        return 2 if self.constrained and self.region > 1 else 1

    def pixels_in_step(self, real_per_class: int) -> int:
        """Pixels that networks read in a step.

        Args:
            real_per_class: int, real images per class in the step.
        """
        images = self.networks_in_step * self.decoded_in_step + real_per_class
        height, width, _ = self.synthetic.image_shape
        return self.num_classes * images * height * width

    @property
    def synthetic_chunk(self) -> int:
        """Classes whose synthetic images pass a network at a time."""
        return self.classes_per_chunk or fitting_classes(
            self.num_classes,
            self.trajectory.network.activation_bytes * self.decoded_in_step,
            self.networks_in_step,
        )

    @property
    def real_chunk(self) -> int:
        """Classes whose real images pass a network at a time."""
        # Without a gradient half of the activations, at most, live at a time.
        activations = self.trajectory.network.activation_bytes
        return self.classes_per_chunk or fitting_classes(
            self.num_classes, activations * self.samples_per_class // 2
        )
