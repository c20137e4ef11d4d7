"""How a classifier is trained: a value with a name."""

import dataclasses
from typing import Any

import keras

from keras_tgdd.checks import check_positive_int
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation


@dataclasses.dataclass(frozen=True)
class TrainingRecipe:
    """Everything that decides how a classifier is trained, but the data.

    SGD with momentum on cross-entropy plus L2 *inside the gradient*
    (`weight_decay / 2 * ||w||²` over every trainable weight, biases and norm
    scales included, as PyTorch's `weight_decay` does). The learning rate is
    multiplied by `decay` at each fraction in `milestones` of the training.

    Attributes:
        name: string, stored with every result.
        epochs: int, passes over the data.
        batch_size: int, images in a batch. The last batch of an epoch is
            smaller where the data does not divide.
        learning_rate: float.
        momentum: float.
        weight_decay: float, PyTorch's convention.
        milestones: tuple of floats in (0, 1), fractions of the training.
        decay: float, factor on the learning rate at each milestone.
        augmentation: strategies of `SiameseAugmentation`, drawn per image.
        cutmix: float in [0, 1], probability that a batch is mixed: one
            mixing ratio from Beta(1, 1) and one clipped box per batch, labels
            mixed by the true area.

    Raises:
        ValueError: if a value is out of range.
    """

    name: str
    epochs: int
    batch_size: int = 64
    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 5e-4
    milestones: tuple = (2 / 3, 5 / 6)
    decay: float = 0.2
    augmentation: tuple = ()
    cutmix: float = 0.0

    def __post_init__(self):
        check_positive_int("epochs", self.epochs)
        check_positive_int("batch_size", self.batch_size)
        if not 0.0 <= self.cutmix <= 1.0:
            raise ValueError(
                "`cutmix` must be a probability in [0, 1]. Received: "
                f"cutmix={self.cutmix}"
            )
        if any(not 0.0 < fraction < 1.0 for fraction in self.milestones):
            raise ValueError(
                "`milestones` must be fractions in (0, 1). Received: "
                f"milestones={self.milestones}"
            )
        SiameseAugmentation(self.augmentation)  # refuses unknown strategies

    def optimizer(self, steps_per_epoch: int) -> keras.optimizers.Optimizer:
        """Builds the optimizer with its learning-rate schedule.

        Args:
            steps_per_epoch: int, optimizer steps in an epoch.

        Returns:
            A `keras.optimizers.SGD`.
        """
        epochs = [int(self.epochs * fraction) for fraction in self.milestones]
        # A boundary is the last step of the rate before it.
        boundaries = [epoch * steps_per_epoch - 1 for epoch in epochs]
        rates = [
            self.learning_rate * self.decay**power
            for power in range(len(boundaries) + 1)
        ]
        schedule = (
            keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, rates)
            if boundaries
            else self.learning_rate
        )
        return keras.optimizers.SGD(schedule, momentum=self.momentum)

    def replace(self, **changes: Any) -> "TrainingRecipe":
        """Returns a copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict:
        """Returns the fields as a JSON-compatible dict."""
        return dataclasses.asdict(self)
