"""The model whose `fit` trains experts and evaluation networks."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import Seed
from keras_tgdd.arguments import Tensor
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.datasets.normalization import check_normalization
from keras_tgdd.layers.pixel_normalization import normalize
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.models.frozen_network import check_network
from keras_tgdd.models.frozen_network import ends_in_softmax
from keras_tgdd.models.seeding import draw_weights
from keras_tgdd.runtime.compilation import compile_call
from keras_tgdd.runtime.compilation import compiles_call_alone
from keras_tgdd.runtime.compilation import keep_freed_memory
from keras_tgdd.runtime.compilation import step_jit_compile
from keras_tgdd.runtime.compilation import warm_up
from keras_tgdd.training.classifier_batches import ClassifierBatches
from keras_tgdd.training.classifier_batches import TestBatches
from keras_tgdd.training.cutmix import apply_cutmix
from keras_tgdd.training.recipe import TrainingRecipe


class ClassifierTrainer(keras.Model):
    """Trains a classifier with a recipe; one compiled step serves many runs.

    Normalization, augmentation and CutMix are part of the compiled step; their
    random draws are inputs (`ClassifierBatches`).

    Args:
        network: functional `keras.Model` from normalized images to logits or
            probabilities.
        recipe: `TrainingRecipe`.
        normalization: `Normalization` of the images.
        jit_compile: bool or `"auto"`, as in `keras.Model.compile`. `None`,
            the default, takes what measured fastest on this backend.

    Raises:
        TypeError: if `normalization` is no `Normalization`.
        ValueError: if the network is not functional, or the normalization is
            for another number of channels.

    Example:

    ```python
    recipe = keras_tgdd.training.TrainingRecipe("short", epochs=2)
    trainer = keras_tgdd.training.ClassifierTrainer(
        network, recipe, keras_tgdd.Normalization.of(x)
    )
    batches = trainer.batches(x, y, seed=0)
    trainer.restart(seed=0, steps_per_epoch=batches.steps_per_epoch)
    trainer.fit(batches, steps_per_epoch=len(batches))
    ```
    """

    def __init__(
        self,
        network: keras.Model,
        recipe: TrainingRecipe,
        normalization: Normalization,
        *,
        jit_compile: bool | str | None = None,
    ) -> None:
        # Pixels stay float32; the network casts to its own compute dtype.
        super().__init__(dtype="float32", name="classifier_trainer")
        check_network(network)
        self.network = network
        self.recipe = recipe
        self.augmentation = (
            SiameseAugmentation(recipe.augmentation)
            if recipe.augmentation
            else None
        )
        self.num_classes = int(network.outputs[0].shape[-1])
        self._from_logits = not ends_in_softmax(network)
        normalization = check_normalization(
            normalization, network.inputs[0].shape[-1]
        )
        # Tensors, because torch.compile breaks its graph at a NumPy array.
        self._mean = ops.convert_to_tensor(normalization.mean, "float32")
        self._std = ops.convert_to_tensor(normalization.std, "float32")
        self._wanted_jit_compile = jit_compile
        self._fresh_optimizer = None
        self.built = True  # its only weights are the network's

    def call(self, inputs: dict[str, Any], training: bool = False) -> Tensor:
        images = normalize(inputs["images"], self._mean, self._std)
        if self.augmentation is not None and "augmentation" in inputs:
            images = self.augmentation(images, inputs["augmentation"])
        if "cutmix" in inputs:
            images = apply_cutmix(images, inputs["cutmix"])
        return self.network(images, training=training)

    def compute_loss(
        self,
        x: Any = None,
        y: Tensor = None,
        y_pred: Any = None,
        sample_weight: Tensor | None = None,
        training: bool = True,
    ) -> Tensor:
        losses = ops.categorical_crossentropy(
            y, ops.cast(y_pred, "float32"), from_logits=self._from_logits
        )
        if sample_weight is None:
            sample_weight = ops.ones_like(losses)
        sample_weight = ops.convert_to_tensor(sample_weight, "float32")
        loss = ops.sum(losses * sample_weight) / ops.sum(sample_weight)
        if training and self.recipe.weight_decay:
            squares = [
                ops.sum(ops.square(ops.cast(weight, "float32")))
                for weight in self.network.trainable_variables
            ]
            loss = loss + 0.5 * self.recipe.weight_decay * sum(squares)
        for extra in self.losses:  # regularizers of the network's layers
            loss = loss + ops.cast(extra, "float32")
        return loss

    def batches(
        self, x: np.ndarray, y: np.ndarray, seed: Seed, first_epoch: int = 0
    ) -> ClassifierBatches:
        """Returns the training batches of a run, from `first_epoch` on.

        Args:
            x: array of shape `(n, height, width, channels)`, uint8 in 0–255
                or float in [0, 1].
            y: int array of shape `(n,)`, or soft labels, float32 of shape
                `(n, num_classes)`. The loss is the cross-entropy with the
                soft labels at temperature 1.
            seed: int or list of ints, seed of the draws.
            first_epoch: int. Defaults to `0`.

        Returns:
            `ClassifierBatches`.
        """
        return ClassifierBatches(
            x,
            y,
            self.num_classes,
            self.recipe,
            augmentation=self.augmentation,
            seed=seed,
            first_epoch=first_epoch,
        )

    def restart(self, seed: Seed, steps_per_epoch: int) -> None:
        """Draws new weights and resets the optimizer, in place.

        Args:
            seed: int or list of ints, seed of the weights.
            steps_per_epoch: int; must be the same in every call, because the
                compiled learning-rate schedule counts steps.
        """
        draw_weights(self.network, seed)
        self.reset_optimizer(steps_per_epoch)

    def reset_optimizer(self, steps_per_epoch: int) -> None:
        """Resets the optimizer's state; the weights do not change.

        Args:
            steps_per_epoch: int, as in `restart`.
        """
        if self._fresh_optimizer is None:
            self._prepare(steps_per_epoch)
            self._fresh_optimizer = [
                np.copy(ops.convert_to_numpy(v.value))
                for v in self.optimizer.variables
            ]
        set_values(self.optimizer.variables, self._fresh_optimizer)

    def _prepare(self, steps_per_epoch):
        """Compiles as is fastest for the length of the training."""
        pixels = self._pixels(steps_per_epoch)
        keep_freed_memory(pixels)
        wanted = self._wanted_jit_compile
        self.compile(
            optimizer=self.recipe.optimizer(steps_per_epoch),
            weighted_metrics=[
                keras.metrics.CategoricalAccuracy(name="accuracy")
            ],
            jit_compile=step_jit_compile(wanted),
        )
        inputs = self._smallest_inputs()
        outputs = warm_up(self, inputs)
        # Builds the metrics, for which Keras would call the model again.
        self.compute_metrics(inputs, ops.zeros_like(outputs), outputs)
        self.reset_metrics()
        compile_call(self, compiles_call_alone(wanted, pixels))

    def _smallest_inputs(self):
        """Returns the inputs of a first call: one image."""
        shape = self.network.inputs[0].shape[1:]
        inputs: dict[str, Any] = {"images": np.zeros((1, *shape), "uint8")}
        if self.augmentation is not None:
            inputs["augmentation"] = self.augmentation.draw(
                np.random.default_rng(0), 1, shape[:2]
            )
        return inputs

    def _pixels(self, steps_per_epoch):
        """Returns how many pixels the network reads in a whole training."""
        steps = self.recipe.epochs * steps_per_epoch
        height, width = self.network.inputs[0].shape[1:3]
        return steps * self.recipe.batch_size * height * width

    def predict_labels(self, x: np.ndarray) -> np.ndarray:
        """Returns the most likely class of each image.

        Args:
            x: array of shape `(n, height, width, channels)`, uint8 in 0–255
                or float in [0, 1].

        Returns:
            int array of shape `(n,)`.
        """
        labels = np.zeros(len(x), "int64")
        batches = TestBatches(x, labels, self.num_classes)
        # The last batch ends in repeated images.
        outputs = self.predict(batches, verbose=0)[: len(x)]
        return np.argmax(outputs, axis=-1)


def set_values(variables: Sequence, values: Any) -> None:
    """Assigns one array to each variable."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
