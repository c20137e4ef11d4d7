"""All settings of the training of a classifier."""

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
    """Everything but the data that decides how a classifier is trained.

    The loss is the cross-entropy plus `weight_decay / 2 * ||w||²` over all
    trainable weights, biases and norm scales included: L2 is part of the
    gradient, as with PyTorch's `weight_decay`. The optimizer is SGD with
    momentum, or Adam.

    With the schedule `"step"`, the learning rate is multiplied by `decay` at
    each of the `milestones`. With `"cosine"`, it rises linearly during the
    fraction `warmup` of the training, then falls to zero along half a cosine,
    so that a short training also converges.

    Args:
        name: string, stored with every result.
        epochs: positive int, passes over the data.
        batch_size: positive int, images per batch. The last batch of an epoch
            has fewer if the number of images is no multiple. Defaults to
            `64`.
        learning_rate: float. Defaults to `0.01`.
        momentum: float; for Adam the decay of the first moment. Defaults to
            `0.9`.
        weight_decay: float, in PyTorch's convention. Defaults to `5e-4`.
        milestones: tuple of floats in (0, 1), fractions of the training.
            Defaults to `(2 / 3, 5 / 6)`.
        decay: float, factor on the learning rate at each milestone. Defaults
            to `0.2`.
        augmentation: strategies of `SiameseAugmentation`, drawn per image.
            Defaults to `()`, none.
        cutmix: float in [0, 1], probability that CutMix mixes a batch, with
            one ratio from Beta(1, 1) and one box per batch, and labels mixed
            by the area of the clipped box. Defaults to `0.0`.
        schedule: `"step"` or `"cosine"`. Defaults to `"step"`.
        warmup: float in [0, 1), fraction of the training in which the learning
            rate of the schedule `"cosine"` rises. Defaults to `0.0`.
        optimizer_name: `"sgd"` or `"adam"`. Defaults to `"sgd"`.

    Raises:
        ValueError: if a value is out of range.

    Example:

    ```python
    recipe = keras_tgdd.training.TrainingRecipe("mine", epochs=30)
    longer = recipe.replace(epochs=60)
    ```
    """

    name: str
    epochs: int
    _: dataclasses.KW_ONLY
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
        SiameseAugmentation(self.augmentation)  # checks the strategies

    def optimizer(self, steps_per_epoch: int) -> keras.optimizers.Optimizer:
        """Builds the optimizer with its learning-rate schedule.

        Args:
            steps_per_epoch: int, optimizer steps per epoch.

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
        # Keras keeps the former rate in the boundary step itself.
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
        """16 hex digits that depend on every setting, including the name."""
        return settings_fingerprint(self.to_dict())

    def to_dict(self) -> dict:
        """Returns the fields that have an effect as a JSON-compatible dict.

        The schedule `"step"` and the optimizer `"sgd"` are left out: stored
        experts from before there were others must have equal recipes.
        """
        fields = dataclasses.asdict(self)
        if self.schedule == "step":
            del fields["schedule"], fields["warmup"]
        if self.optimizer_name == "sgd":
            del fields["optimizer_name"]
        return fields
