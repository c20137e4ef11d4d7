"""How a classifier is trained: a value with a name."""

import dataclasses
from typing import Any

import keras

from keras_tgdd.arguments import check_positive_int
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.runtime.fingerprint import settings_fingerprint
from keras_tgdd.training.warmup_cosine import WarmupCosine

SCHEDULES = ("step", "cosine")
OPTIMIZERS = ("sgd", "adam")


@dataclasses.dataclass(frozen=True)
class TrainingRecipe:
    """Everything that decides how a classifier is trained, but the data.

    SGD with momentum, or Adam, on cross-entropy plus L2 *inside the gradient*
    (`weight_decay / 2 * ||w||²` over every trainable weight, biases and norm
    scales included, as PyTorch's `weight_decay` does). With the schedule
    `"step"` the learning rate is multiplied by `decay` at each fraction in
    `milestones` of the training; with `"cosine"` it rises linearly for the
    fraction `warmup` and then falls to zero along half a cosine, which ends a
    short training as trained out as a long one.

    Attributes:
        name: string, stored with every result.
        epochs: int, passes over the data.
        batch_size: int, images in a batch. The last batch of an epoch is
            smaller where the data does not divide.
        learning_rate: float.
        momentum: float; for Adam the decay of its first moment.
        weight_decay: float, PyTorch's convention.
        milestones: tuple of floats in (0, 1), fractions of the training.
        decay: float, factor on the learning rate at each milestone.
        augmentation: strategies of `SiameseAugmentation`, drawn per image.
        cutmix: float in [0, 1], probability that a batch is mixed: one
            mixing ratio from Beta(1, 1) and one clipped box per batch, labels
            mixed by the true area.
        schedule: `"step"` or `"cosine"`.
        warmup: float in [0, 1), fraction of the training in which the rate of
            the schedule `"cosine"` rises.
        optimizer_name: `"sgd"` or `"adam"`.

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
    schedule: str = "step"
    warmup: float = 0.0
    optimizer_name: str = "sgd"

    def __post_init__(self):
        check_positive_int("epochs", self.epochs)
        check_positive_int("batch_size", self.batch_size)
        if not 0.0 <= self.cutmix <= 1.0:
            raise ValueError(
                "`cutmix` must be a probability in [0, 1]. Received: "
                f"cutmix={self.cutmix}"
            )
        if self.optimizer_name not in OPTIMIZERS:
            raise ValueError(
                f"`optimizer_name` must be one of {OPTIMIZERS}. Received: "
                f"optimizer_name={self.optimizer_name!r}"
            )
        if any(not 0.0 < fraction < 1.0 for fraction in self.milestones):
            raise ValueError(
                "`milestones` must be fractions in (0, 1). Received: "
                f"milestones={self.milestones}"
            )
        if self.schedule not in SCHEDULES:
            raise ValueError(
                f"`schedule` must be one of {SCHEDULES}. Received: "
                f"schedule={self.schedule!r}"
            )
        if not 0.0 <= self.warmup < 1.0:
            raise ValueError(
                "`warmup` must be a fraction in [0, 1). Received: "
                f"warmup={self.warmup}"
            )
        SiameseAugmentation(self.augmentation)  # refuses unknown strategies

    def optimizer(self, steps_per_epoch: int) -> keras.optimizers.Optimizer:
        """Builds the optimizer with its learning-rate schedule.

        Args:
            steps_per_epoch: int, optimizer steps in an epoch.

        Returns:
            A `keras.optimizers.SGD` or `keras.optimizers.Adam`.
        """
        rate = (
            self._cosine(steps_per_epoch)
            if self.schedule == "cosine"
            else self._step(steps_per_epoch)
        )
        if self.optimizer_name == "adam":
            return keras.optimizers.Adam(rate, beta_1=self.momentum)
        return keras.optimizers.SGD(rate, momentum=self.momentum)

    def _cosine(self, steps_per_epoch):
        steps = self.epochs * steps_per_epoch
        return WarmupCosine(self.learning_rate, int(steps * self.warmup), steps)

    def _step(self, steps_per_epoch):
        if not self.milestones:
            return self.learning_rate
        epochs = [int(self.epochs * fraction) for fraction in self.milestones]
        # A boundary is the last step of the rate before it.
        boundaries = [epoch * steps_per_epoch - 1 for epoch in epochs]
        rates = [
            self.learning_rate * self.decay**power
            for power in range(len(boundaries) + 1)
        ]
        return keras.optimizers.schedules.PiecewiseConstantDecay(
            boundaries, rates
        )

    def replace(self, **changes: Any) -> "TrainingRecipe":
        """Returns a copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with any setting, the name included."""
        return settings_fingerprint(self.to_dict())

    def to_dict(self) -> dict:
        """Returns the fields that take part as a JSON-compatible dict."""
        fields = dataclasses.asdict(self)
        if self.schedule == "step":
            # Also what recipes held before there was another schedule:
            # experts stored then are still found.
            del fields["schedule"], fields["warmup"]
        if self.optimizer_name == "sgd":  # likewise
            del fields["optimizer_name"]
        return fields
