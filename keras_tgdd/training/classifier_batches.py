"""Batches for training and testing a classifier."""

from typing import Any

import keras
import numpy as np

from keras_tgdd.arguments import Seed
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.runtime.draws import Draws
from keras_tgdd.training.cutmix import draw_cutmix
from keras_tgdd.training.recipe import TrainingRecipe

_ORDER, _BATCH = 0, 1


class ClassifierBatches(keras.utils.PyDataset):
    """Training batches that depend on the seed and the step only.

    All random choices of a step come from its own counter-based generator and
    are part of the batch. The three backends therefore see the same batches,
    and a run can resume at any step.

    Every batch has the same size, so that one compiled step fits all: if the
    last batch of an epoch is short, its images are repeated with a sample
    weight of 0.

    A batch is a triple: the inputs of `ClassifierTrainer`, a dict of
    `"images"` of shape `(batch, height, width, channels)` and the draws of
    `"augmentation"` and `"cutmix"` if the recipe has them; float32 targets of
    shape `(batch, num_classes)`; and float32 sample weights of shape
    `(batch,)`.

    Args:
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].
        y: int array of shape `(n,)`, or soft labels, float32 of shape
            `(n, num_classes)`. Soft labels replace the one-hot targets, also
            for CutMix, and describe the images before augmentation.
        num_classes: int.
        recipe: `TrainingRecipe`.
        augmentation: the `SiameseAugmentation` layer that applies the draws,
            or `None`.
        seed: int, or list of ints.
        first_epoch: int, epoch to start from. Defaults to `0`.

    Attributes:
        steps_per_epoch: int, batches per epoch.
        first_step: int, number of the first step of the run.
        last_step: int, number of the step after the last.
    """

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        num_classes: int,
        recipe: TrainingRecipe,
        *,
        augmentation: SiameseAugmentation | None,
        seed: Seed,
        first_epoch: int = 0,
    ) -> None:
        super().__init__()
        self.x, self.y = x, y
        self.num_classes = num_classes
        self.recipe = recipe
        self.augmentation = augmentation
        self.batch_size = min(recipe.batch_size, len(x))
        self.steps_per_epoch = -(-len(x) // self.batch_size)
        self.first_step = first_epoch * self.steps_per_epoch
        self.last_step = recipe.epochs * self.steps_per_epoch
        self._draws = Draws(seed)
        self._order = (-1, np.empty(0, int))  # of which epoch, and the order

    def __len__(self):
        return max(1, self.last_step - self.first_step)

    def _epoch_order(self, epoch):
        if self._order[0] != epoch:
            generator = self._draws.generator(_ORDER, epoch)
            self._order = (epoch, generator.permutation(len(self.x)))
        return self._order[1]

    def __getitem__(self, index):
        step = self.first_step + index
        epoch, position = divmod(step, self.steps_per_epoch)
        start = position * self.batch_size
        members = self._epoch_order(epoch)[start : start + self.batch_size]
        count = len(members)
        members = np.resize(members, self.batch_size)
        generator = self._draws.generator(_BATCH, step)
        images = self.x[members]
        targets = self.y[members]
        if targets.ndim == 1:
            targets = np.eye(self.num_classes, dtype="float32")[targets]
        inputs: dict[str, Any] = {"images": images}
        if self.augmentation is not None:
            inputs["augmentation"] = self.augmentation.draw(
                generator, self.batch_size, images.shape[1:3]
            )
        if self.recipe.cutmix > 0:
            inputs["cutmix"], targets = draw_cutmix(
                generator, self.recipe.cutmix, targets, images.shape[1:3], count
            )
        sample_weight = (np.arange(self.batch_size) < count).astype("float32")
        return inputs, targets, sample_weight


class TestBatches(keras.utils.PyDataset):
    """Batches of equal size, in order and without augmentation.

    If the last batch is short, its images are repeated with a sample weight
    of 0.

    Args:
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].
        y: int array of shape `(n,)`.
        num_classes: int.
        batch_size: int. Defaults to `256`.
    """

    __test__ = False  # pytest must not collect it as a test case

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        num_classes: int,
        batch_size: int = 256,
    ) -> None:
        super().__init__()
        self.x, self.y = x, y
        self.num_classes = num_classes
        self.batch_size = min(batch_size, len(x))

    def __len__(self):
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, index):
        start = index * self.batch_size
        members = np.arange(start, min(start + self.batch_size, len(self.x)))
        count = len(members)
        members = np.resize(members, self.batch_size)
        targets = np.eye(self.num_classes, dtype="float32")[self.y[members]]
        sample_weight = (np.arange(self.batch_size) < count).astype("float32")
        return {"images": self.x[members]}, targets, sample_weight
