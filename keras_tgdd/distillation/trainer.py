"""The model whose `fit` distils a data set."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.arguments import check_weight
from keras_tgdd.distillation.description import describe_distillation
from keras_tgdd.distillation.distillation_checkpoint import find_checkpoint
from keras_tgdd.distillation.fitting import fit_parts
from keras_tgdd.distillation.step_source import StepSource
from keras_tgdd.distillation.training_estimate import TrainingEstimate
from keras_tgdd.distillation.training_estimate import measure
from keras_tgdd.layers.pixel_normalization import normalize
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.objectives.class_mean_matching import ClassMeanMatching
from keras_tgdd.objectives.classification_constraint import (
    ClassificationConstraint,
)
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.runtime.compilation import choose_compilation
from keras_tgdd.runtime.compilation import compile_call
from keras_tgdd.runtime.compilation import keep_freed_memory
from keras_tgdd.runtime.compilation import warm_up
from keras_tgdd.runtime.memory import fitting_classes
from keras_tgdd.synthetic.class_counts import rate_shares
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.synthetic.synthetic_images import SyntheticImages
from keras_tgdd.trajectories.trajectory import Trajectory

# Where `epochs="auto"` stops at the latest.
MOST_EPOCHS = 100


class DistillationTrainer(keras.Model):
    """Distils a data set into synthetic images along expert trajectories.

    The defaults of all parts are TGDD. Each step draws an expert, a stage j of
    its training and a later stage k of its region, and descends

    `L = Σ_c matching_c(stage j) + α · Σ_c constraint_c(stage k)`

    where matching compares the features of real and synthetic images of class
    c, the constraint is the cross-entropy of the synthetic images, and α is
    `constraint_weight`. Both see images decoded and augmented by one draw per
    class. All classes are one compiled step; the pixels are its only weights.

    Args:
        synthetic: `SyntheticImages`, adapted or not.
        trajectory: `Trajectory`, such as `ExpertTrajectories`.
        objective: `Objective`. Defaults to `ClassMeanMatching()`.
        constraint: function as `ClassificationConstraint`, the default;
            `False` leaves it out.
        constraint_weight: float, α of the paper. `None` takes the paper's:
            2.5 below 50 images per class, 0.5 from there.
        augmentation: `SiameseAugmentation`. Defaults to colour, crop, cutout.
        region: positive int, L of the paper: k is drawn from
            `{j, ..., j + region - 1}`. `1` reads features and the constraint
            in one pass of one network, in half the time. Defaults to `7`.
        samples_per_class: positive int, real images of each class in a step.
            Defaults to `128`.
        max_decoded: positive int, the most decoded synthetic images of each
            class in a step; more are subsampled. Defaults to `200`.
        class_names: sequence of strings. `None` takes the trajectory's.
        seed: int, seed of all draws. Defaults to `0`.
        classes_per_chunk: positive int, classes whose activations are in
            memory at a time; where that is not all of them, activations are
            computed twice. `None` aims at 5 GiB.

    Raises:
        ValueError: if the parts do not fit together or a number is out of
            range.

    Example:

    ```python
    synthetic = keras_tgdd.layers.SyntheticImages(
        experts.num_classes, 10, experts.image_shape
    )
    synthetic.adapt(x_train, y_train)
    trainer = keras_tgdd.DistillationTrainer(synthetic, experts)
    trainer.fit(x_train, y_train, epochs=2, steps_per_epoch=100)
    trainer.distilled_dataset().save("distilled.safetensors")
    ```

    References:
        - [TGDD](https://arxiv.org/abs/2512.02469)
    """

    method = None  # a name for the record, where a recipe has one

    def __init__(
        self,
        synthetic: SyntheticImages,
        trajectory: Trajectory,
        objective: Objective | None = None,
        constraint: Callable | bool | None = None,
        constraint_weight: float | None = None,
        augmentation: SiameseAugmentation | None = None,
        region: int = 7,
        samples_per_class: int = 128,
        max_decoded: int = 200,
        class_names: Sequence[str] | None = None,
        seed: int = 0,
        classes_per_chunk: int | None = None,
    ) -> None:
        # Pixels stay float32; the network casts to its own compute dtype.
        super().__init__(dtype="float32", name="distillation_trainer")
        check_positive_int("region", region)
        check_positive_int("samples_per_class", samples_per_class)
        check_positive_int("max_decoded", max_decoded)
        check_weight("constraint_weight", constraint_weight or 0.0)
        check_seed(seed)
        if classes_per_chunk is not None:
            check_positive_int("classes_per_chunk", classes_per_chunk)
        trajectory.check_fits(synthetic.image_shape, synthetic.num_classes)
        self.synthetic = synthetic
        self.trajectory = trajectory
        self.objective = objective or ClassMeanMatching()
        self.objective.build(trajectory.network.feature_sizes)
        self.constraint = (
            ClassificationConstraint() if constraint is None else constraint
        )
        self.constraint_weight = float(
            (2.5 if synthetic.counts.max() < 50 else 0.5)
            if constraint_weight is None
            else constraint_weight
        )
        self.augmentation = augmentation or SiameseAugmentation()
        self.region = region
        self.samples_per_class = samples_per_class
        self.max_decoded = max_decoded
        of_image = trajectory.network.activation_bytes
        self.classes_per_chunk = classes_per_chunk or fitting_classes(
            synthetic.num_classes,
            of_image * self.decoded_in_step,
            self.networks_in_step,
        )
        # Without a gradient half of the activations, at most, live at a time.
        self._real_classes_per_chunk = classes_per_chunk or fitting_classes(
            synthetic.num_classes, of_image * samples_per_class // 2
        )
        self.class_names = class_names or trajectory.class_names
        self.seed = seed
        self.identity = None  # known from the first step with a checkpoint
        self._shares = ops.convert_to_tensor(rate_shares(synthetic.counts))
        self._mean = ops.convert_to_tensor(trajectory.mean, "float32")
        self._std = ops.convert_to_tensor(trajectory.std, "float32")
        self._matching = keras.metrics.Mean(name="matching")
        self._constraint = keras.metrics.Mean(name="constraint")
        self.built = True  # the synthetic images are

    @property
    def constrained(self) -> bool:
        """Whether the constraint takes part."""
        return self.constraint is not False and self.constraint_weight != 0.0

    def compile(
        self,
        optimizer: keras.optimizers.Optimizer | str | None = None,
        jit_compile: bool | str | None = None,
        **kwargs: Any,
    ) -> None:
        """Configures the optimizer of the pixels.

        Args:
            optimizer: Keras optimizer or its name. `None` takes the paper's:
                SGD with momentum 0.5 and a learning rate of
                `0.01 * images_per_class`, or ten times that at 128 pixels;
                where classes differ, each moves by its own number.
            jit_compile: bool or `"auto"`, as in `keras.Model.compile`. `None`
                takes what measured fastest on this backend.
            **kwargs: further arguments of `keras.Model.compile`.
        """
        if optimizer is None:
            rate = 0.1 if self.synthetic.image_shape[0] >= 128 else 0.01
            optimizer = keras.optimizers.SGD(
                rate * int(self.synthetic.counts.max()), momentum=0.5
            )
        # Resolved by `fit`, which knows how much work there is.
        self._wanted_jit_compile = jit_compile
        whole = "auto" if jit_compile is None else jit_compile
        super().compile(optimizer=optimizer, jit_compile=whole, **kwargs)

    def fit(
        self,
        x: Any,
        y: np.ndarray | None = None,
        epochs: int | str = 1,
        steps_per_epoch: int = 100,
        callbacks: list | None = None,
        verbose: int | str = "auto",
    ) -> keras.callbacks.History:
        """Moves the synthetic images for `epochs * steps_per_epoch` steps.

        A second call goes on with the draws where the first one ended.

        Args:
            x: array of shape `(n, height, width, channels)`, uint8 in 0–255
                or float in [0, 1]; or what brings labels, too: an
                `ImageDataset`, batches as `train_experts` takes them,
                `RepresentativeImages`, an `ImageStream`, for data that do not
                fit in memory; or `Summaries`, in place of the real data.
            y: int array of shape `(n,)`; `None` where `x` brings labels.
            epochs: int, how often metrics are reported; or `"auto"`, which
                stops when the matching loss on 16 held-out draws (a tenth of
                the summaries) has not improved for 3 epochs, and takes the
                best images back. Defaults to `1`.
            steps_per_epoch: int, steps in an epoch. Defaults to `100`.
            callbacks: list of `keras.callbacks.Callback`. With a
                `DistillationCheckpoint` an interrupted call goes on where it
                was, and returns the history of what was left; Ctrl-C ends it
                after the step in progress, with the state of that step saved.
            verbose: as in `keras.Model.fit`.

        Returns:
            A `keras.callbacks.History` with `loss`, `matching` and
            `constraint`, and with `epochs="auto"` the same on held-out draws
            as `val_loss`, `val_matching` and `val_constraint`.

        Raises:
            TypeError, ValueError: if the data are not images with labels, a
                class has no image, the images have another shape, or the
                summaries were made with other experts, objective or
                augmentation.
            FloatingPointError: if pixels become NaN or infinite; names step,
                classes and stage, and takes the last good images back.
            KeyboardInterrupt: after Ctrl-C.
        """
        automatic = epochs == "auto"
        epochs = MOST_EPOCHS if automatic else epochs
        check_positive_int("epochs", epochs)
        check_positive_int("steps_per_epoch", steps_per_epoch)
        checkpoint = find_checkpoint(callbacks, automatic)
        source = StepSource(self, x, y)
        self._prepare(source, epochs * steps_per_epoch)
        if checkpoint is not None:
            self.optimizer.build(self.trainable_variables)
            checkpoint.restore(self, source, epochs * steps_per_epoch)
        return fit_parts(
            super().fit,
            self,
            source,
            epochs,
            steps_per_epoch,
            callbacks or [],
            checkpoint,
            automatic,
            verbose,
        )

    def estimate(
        self, x: Any, y: np.ndarray | None = None, steps: int = 100
    ) -> TrainingEstimate:
        """Says what a `fit` will take, from one measured step.

        Makes two steps, the first of which compiles, and takes them back:
        images, optimizer and step number are left bit for bit as they were,
        and what was compiled serves `fit`.

        Args:
            x: as in `fit`.
            y: as in `fit`.
            steps: positive int, `epochs * steps_per_epoch` of that `fit`.
                Defaults to `100`.

        Returns:
            `TrainingEstimate`: time, memory and disk.

        Raises:
            TypeError, ValueError: as `fit`.
        """
        check_positive_int("steps", steps)
        source = StepSource(self, x, y)
        self._prepare(source, steps)
        return measure(super().fit, self, source, steps)

    def _prepare(self, source, num_steps):
        """Compiles, as suits the number of steps."""
        if not self.compiled:
            self.compile()
        pixels = self._pixels(num_steps, source)
        keep_freed_memory(pixels)
        whole, alone = choose_compilation(self._wanted_jit_compile, pixels)
        if whole not in ("auto", self.jit_compile):
            self.jit_compile = whole
            if not self.num_steps:  # `estimate` of another length
                self.train_function = None
        if (alone or self.jit_compile) and not self.optimizer.built:
            warm_up(self, source.smallest_inputs())
        cut = self.classes_per_chunk < self.synthetic.num_classes
        if cut and alone:
            self.trajectory.network.compile_chunks()
        compile_call(self, alone and not cut)

    @property
    def decoded_in_step(self) -> int:
        """Decoded synthetic images of each class in a step."""
        return min(self.synthetic.decoded_per_class, self.max_decoded)

    @property
    def networks_in_step(self) -> int:
        """Networks that read the synthetic images in a step: 1 or 2."""
        return 2 if self.constrained and self.region > 1 else 1

    def _pixels(self, num_steps, source):
        """Pixels that networks read in a number of steps."""
        synthetic = self.synthetic
        images = self.networks_in_step * self.decoded_in_step
        images += source.real_per_class
        height, width, _ = synthetic.image_shape
        return num_steps * synthetic.num_classes * images * height * width

    @property
    def num_steps(self) -> int:
        """Steps made so far."""
        return int(ops.convert_to_numpy(self.optimizer.iterations.value))

    def call(
        self, inputs: dict[str, Any], training: bool = False
    ) -> dict[str, Tensor]:
        network, chunk = self.trajectory.network, self.classes_per_chunk
        draw, weights = inputs["augmentation"], inputs["weights"]
        if "summary" in inputs:
            summary = inputs["summary"]
        else:
            real = normalize(inputs["images"], self._mean, self._std)
            # Keras leaves the first axis of a batch unknown on TensorFlow.
            num_classes = self.synthetic.num_classes
            real = ops.reshape(real, (num_classes, *real.shape[1:]))
            real = self.augmentation(real, draw)
            features, _ = network.per_class(
                weights, real, self._real_classes_per_chunk
            )
            summary = self.objective.summarize(features)
        synthetic = self.synthetic(inputs.get("selection"))
        synthetic = normalize(synthetic, self._mean, self._std)
        synthetic = self.augmentation(synthetic, draw)
        features, outputs = network.per_class(weights, synthetic, chunk)
        losses = {"matching": self.objective.compare(summary, features)}
        if self.constrained:
            if "constraint_weights" in inputs:
                _, outputs = network.per_class(
                    inputs["constraint_weights"], synthetic, chunk
                )
            losses["constraint"] = self.constraint(
                outputs, from_logits=not network.ends_in_softmax
            )
            if "constraint_scale" in inputs:
                losses["constraint"] *= inputs["constraint_scale"]
        return losses

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Tensor | None = None,
        training: bool = True,
    ) -> Tensor:
        loss = ops.sum(self._shares * y_pred["matching"])
        self._matching.update_state(ops.sum(y_pred["matching"]))
        if self.constrained:
            constraint = ops.sum(self._shares * y_pred["constraint"])
            self._constraint.update_state(ops.sum(y_pred["constraint"]))
            loss = loss + self.constraint_weight * constraint
        return loss

    def distilled_dataset(self) -> DistilledDataset:
        """Returns the synthetic images as they are now.

        Returns:
            `DistilledDataset`.
        """
        synthetic = self.synthetic
        return DistilledDataset(
            images=synthetic.stored_images(),
            labels=synthetic.labels.ravel(),
            class_names=self.class_names,
            factor=synthetic.factor,
            mean=self.trajectory.mean,
            std=self.trajectory.std,
            info=describe_distillation(self),
        )
