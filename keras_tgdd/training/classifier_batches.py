"""Batches for training a classifier, with everything random as data."""

import keras
import numpy as np

from keras_tgdd.arguments import Seed
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.runtime.draws import Draws
from keras_tgdd.training.cutmix import draw_cutmix
from keras_tgdd.training.recipe import TrainingRecipe

_ORDER, _BATCH = 0, 1


class ClassifierBatches(keras.utils.PyDataset):
    """Training batches whose content depends on `(seed, step)` alone.

    Step `t` draws from its own counter-based generator, so the three backends
    see the same batches and a run can continue from any step.

    Every batch has the same size, for the compiled step: where the last batch
    of an epoch is short it is filled by repeating its images, with a sample
    weight of 0 for the repeats.

    Args:
        x: uint8 or float array of shape `(n, height, width, channels)`.
        y: int array of shape `(n,)`, or soft labels, float32 of shape
            `(n, num_classes)`: they take the place of one-hot vectors, also
            where CutMix mixes them, and are those of the images before
            augmentation.
        num_classes: int.
        recipe: `TrainingRecipe`.
        augmentation: the `SiameseAugmentation` layer that applies the draws,
            or `None`.
        seed: int, or sequence of ints.
        first_epoch: int, epoch to start from. Defaults to `0`.
    """

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        num_classes: int,
        recipe: TrainingRecipe,
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
        self._order = (None, None)

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
        inputs = {"images": images}
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
    """Batches of one size in order, without augmentation.

    The last batch is filled by repeats with sample weight 0.

    Args:
        x: uint8 or float array of shape `(n, height, width, channels)`.
        y: int array of shape `(n,)`.
        num_classes: int.
        batch_size: int. Defaults to `256`.
    """

    __test__ = False  # not a test case, whatever its name

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
