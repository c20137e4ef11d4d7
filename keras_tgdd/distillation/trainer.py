"""The model whose `fit` distils a data set."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.distillation.distillation_checkpoint import find_checkpoint
from keras_tgdd.distillation.distillation_model import DistillationModel
from keras_tgdd.distillation.distillation_step import DistillationStep
from keras_tgdd.distillation.distillation_step import check_losses
from keras_tgdd.distillation.feature_step import FeatureStep
from keras_tgdd.distillation.fit_arguments import check_fit_arguments
from keras_tgdd.distillation.fit_arguments import join_labels
from keras_tgdd.distillation.fit_arguments import refuse_arguments
from keras_tgdd.distillation.fit_arguments import refuse_losses
from keras_tgdd.distillation.fitting import fit_in_pieces
from keras_tgdd.distillation.identity import describe_distillation
from keras_tgdd.distillation.identity import identify
from keras_tgdd.distillation.parts import DistillationParts
from keras_tgdd.distillation.state import DistillationState
from keras_tgdd.distillation.state import steps_made
from keras_tgdd.distillation.step_source import StepSource
from keras_tgdd.distillation.summaries.summary_plan import SummaryPlan
from keras_tgdd.distillation.training_estimate import TrainingEstimate
from keras_tgdd.distillation.training_estimate import measure
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.objectives.class_mean_matching import ClassMeanMatching
from keras_tgdd.objectives.classification_constraint import (
    ClassificationConstraint,
)
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.runtime.compilation import compile_call
from keras_tgdd.runtime.compilation import compiles_call_alone
from keras_tgdd.runtime.compilation import keep_freed_memory
from keras_tgdd.runtime.compilation import step_jit_compile
from keras_tgdd.runtime.compilation import warm_up
from keras_tgdd.runtime.model_state import keeping_state
from keras_tgdd.synthetic.class_counts import default_rate
from keras_tgdd.synthetic.class_counts import rate_shares
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.synthetic.parameterization import Parameterization
from keras_tgdd.trajectories.trajectory import Trajectory


class DistillationTrainer(DistillationModel):
    """Distils a data set into synthetic images along expert trajectories.

    The defaults of all parts are TGDD. Each step draws an expert, a stage j of
    its training and a later stage k of its region, and descends

    `L = Σ_c matching_c(stage j) + α · Σ_c constraint_c(stage k)`

    where matching compares the features of real and synthetic images of class
    c, the constraint is the cross-entropy of the synthetic images, and α is
    `constraint_weight`. Both see images that are decoded and augmented by one
    draw per class. All classes are one compiled step; the parameters of the
    synthetic images are its only weights.

    A trainer is not saved: `distilled_dataset().save` keeps the result,
    `DistillationCheckpoint` the state.

    Args:
        synthetic: `Parameterization`, such as `SyntheticImages`, adapted or
            not.
        trajectory: `Trajectory`, such as `ExpertTrajectories`.
        objective: `Objective`. Defaults to `ClassMeanMatching()`.
        constraint: function as `ClassificationConstraint`, the default;
            `None` leaves it out.
        constraint_weight: float, α of the paper. `None` takes the paper's:
            2.5 below 50 images per class, 0.5 from there.
        augmentation: `SiameseAugmentation`. Defaults to colour, crop, cutout.
        region: positive int, L of the paper: k is drawn from
            `{j, ..., j + region - 1}`. `1` reads features and the constraint
            in one pass of one network, in half the time. Defaults to `7`.
        samples_per_class: positive int, real images per class in a step.
            Defaults to `128`.
        max_decoded: positive int, the most decoded synthetic images per class
            in a step; more are subsampled. Defaults to `200`.
        class_names: sequence or array of names. `None` takes the trajectory's.
        method: string, the name that distilled sets give the method. `None`
            names it from its parts.
        summary_plan: `SummaryPlan`, for an objective that works from summaries
            alone. `None` takes four per snapshot.
        step: class derived from `DistillationStep`, what a step computes.
            Defaults to `FeatureStep`.
        seed: int, seed of all draws. Defaults to `0`.
        classes_per_chunk: positive int, classes whose activations are in
            memory at a time; where these are not all, activations are computed
            twice. `None` takes as many as fit in 5 GiB.

    Attributes:
        parts: `DistillationParts`, everything above as one value.

    Raises:
        TypeError, ValueError: if the parts do not fit together or a number is
            out of range.

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

    def __init__(
        self,
        synthetic: Parameterization,
        trajectory: Trajectory,
        objective: Objective | None = None,
        *,
        constraint: Callable | None = ClassificationConstraint(),
        constraint_weight: float | None = None,
        augmentation: SiameseAugmentation | None = None,
        region: int = 7,
        samples_per_class: int = 128,
        max_decoded: int = 200,
        class_names: Sequence[str] | np.ndarray | None = None,
        method: str | None = None,
        summary_plan: SummaryPlan | None = None,
        step: type[DistillationStep] = FeatureStep,
        seed: int = 0,
        classes_per_chunk: int | None = None,
    ) -> None:
        # Pixels stay float32; the network casts to its own compute dtype.
        super().__init__(dtype="float32", name="distillation_trainer")
        self.parts = DistillationParts(
            synthetic=synthetic,
            trajectory=trajectory,
            objective=objective or ClassMeanMatching(),
            constraint=constraint,
            constraint_weight=constraint_weight,
            augmentation=augmentation or SiameseAugmentation(),
            region=region,
            samples_per_class=samples_per_class,
            max_decoded=max_decoded,
            class_names=class_names,
            method=method,
            summary_plan=summary_plan,
            classes_per_chunk=classes_per_chunk,
            seed=seed,
        )
        self.synthetic = synthetic  # Keras finds the weights here
        self.step = step(self.parts)
        self._shares = ops.convert_to_tensor(rate_shares(synthetic.counts))
        self._means = {
            name: keras.metrics.Mean(name=name) for name in self.step.loss_names
        }
        self._identity: dict[str, Any] | None = None
        self._wanted_jit_compile: bool | str | None = None
        self.built = True  # the synthetic images are

    def compile(
        self,
        optimizer: keras.optimizers.Optimizer | str | None = None,
        *,
        jit_compile: bool | str | None = None,
        **kwargs: Any,
    ) -> None:
        """Configures the optimizer of the synthetic images.

        Args:
            optimizer: Keras optimizer or its name. `None` takes the paper's:
                SGD with momentum 0.5 and a learning rate of
                `0.01 * images_per_class`, or ten times that at 128 pixels;
                where classes differ in number, each moves by its own number.
            jit_compile: bool or `"auto"`, as in `keras.Model.compile`. `None`
                takes what measured fastest on this backend.
            **kwargs: `run_eagerly` or `steps_per_execution`.

        Raises:
            TypeError: if a loss, loss weights or metrics are given.
        """
        refuse_losses(kwargs)
        if optimizer is None:
            most = int(self.synthetic.counts.max())
            rate = default_rate(self.synthetic.image_shape, most)
            optimizer = keras.optimizers.SGD(rate, momentum=0.5)
        self._identity = None  # steps are counted from zero again
        # `fit` decides on the rest, and knows how much work there is.
        self._wanted_jit_compile = jit_compile
        whole = step_jit_compile(jit_compile)
        super().compile(optimizer=optimizer, jit_compile=whole, **kwargs)

    def fit(
        self,
        x: Any = None,
        y: np.ndarray | None = None,
        *,
        epochs: int | str = 1,
        steps_per_epoch: int = 100,
        callbacks: list | None = None,
        verbose: int | str = "auto",
        **unsupported: Any,
    ) -> keras.callbacks.History:
        """Moves the synthetic images for `epochs * steps_per_epoch` steps.

        A second call continues with the draws where the first one ended.

        Args:
            x: array of shape `(n, height, width, channels)`, uint8 in 0–255
                or float in [0, 1], with `y`; or data that bring labels, too:
                `TrainingData`, an `ImageDataset`, batches as `train_experts`
                takes them, `RepresentativeImages`, an `ImageStream`, for data
                that do not fit in memory; or `Summaries`, in place of the real
                data.
            y: int array of shape `(n,)`; `None` where `x` brings labels.
            epochs: positive int, how often metrics are reported; or `"auto"`,
                which stops when the matching loss on 16 held-out draws (a
                tenth of the summaries) has not improved for 3 epochs, and
                restores the best images. Defaults to `1`.
            steps_per_epoch: positive int, steps in an epoch. Defaults to
                `100`.
            callbacks: list of `keras.callbacks.Callback`. With a
                `DistillationCheckpoint` an interrupted call resumes where it
                was, and returns the history of the remaining steps; Ctrl-C
                stops it after the step in progress, with its state saved.
            verbose: as in `keras.Model.fit`.
            **unsupported: refused, with what to use instead.

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
                classes and stage, and restores the last good images.
            KeyboardInterrupt: after Ctrl-C.
        """
        refuse_arguments(unsupported)
        arguments = check_fit_arguments(
            epochs, steps_per_epoch, callbacks, verbose
        )
        checkpoint = find_checkpoint(arguments.callbacks, arguments.automatic)
        source = self._source(x, y)
        state = self._prepare(source, arguments.num_steps)
        if checkpoint is not None:
            identity = self._identify(source)
            checkpoint.restore(state, identity, arguments.num_steps)
        with keeping_state(self):
            return fit_in_pieces(
                super().fit, self, state, source, arguments, checkpoint
            )

    def estimate(
        self, x: Any, y: np.ndarray | None = None, steps: int = 100
    ) -> TrainingEstimate:
        """Says what a `fit` will take, from one measured step.

        Makes two steps, the first of which compiles, and takes them back:
        images, optimizer and step number are left bit for bit as they were,
        and the compiled step serves `fit`.

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
        source = self._source(x, y)
        state = self._prepare(source, steps)
        distilled = self.distilled_dataset()
        with keeping_state(self):
            return measure(
                super().fit,
                self,
                state,
                source,
                steps,
                distilled_bytes=distilled.images.nbytes
                + distilled.labels.nbytes,
            )

    def identify(self, x: Any, y: np.ndarray | None = None) -> dict[str, Any]:
        """Returns what tells this distillation from others, a JSON-compatible
        dict which checkpoints hold. `x` and `y` are as in `fit`."""
        if not self.compiled:
            self.compile()
        return self._identify(self._source(x, y))

    def _source(self, x, y):
        """Where steps come from; a source is used as it is."""
        data = join_labels(x, y)
        return data if isinstance(data, StepSource) else self.step.source(data)

    def _identify(self, source):
        if self._identity is None:
            if self.num_steps:
                raise ValueError(
                    "A `DistillationCheckpoint` must be there from the first "
                    "step, since it tells distillations apart by their start. "
                    f"Received: a trainer that made {self.num_steps} steps "
                    "without one"
                )
            self._identity = identify(
                self.parts,
                self.optimizer,
                source.identity,
                type(self.step).__name__,
            )
        # A later call may bring other data.
        return {**self._identity, "data": source.identity}

    def _prepare(self, source, num_steps):
        """Compiles, as suits the number of steps; returns the state."""
        if not self.compiled:
            self.compile()
        pixels = num_steps * self.step.pixels(source)
        keep_freed_memory(pixels)
        alone = compiles_call_alone(self._wanted_jit_compile, pixels)
        if (alone or self.jit_compile) and not self.optimizer.built:
            warm_up(self, source.smallest_inputs())
        compile_call(self, alone and not self.step.compile_parts())
        self.optimizer.build(self.trainable_variables)
        return DistillationState(self.synthetic, self.optimizer)

    @property
    def num_steps(self) -> int:
        """Steps made so far."""
        return steps_made(self.optimizer) if self.compiled else 0

    def call(
        self, inputs: dict[str, Any], training: bool = False
    ) -> dict[str, Tensor]:
        return self.step.losses(inputs)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Tensor | None = None,
        training: bool = True,
    ) -> Tensor:
        weights = self.step.loss_weights
        loss = 0.0
        for name, losses in y_pred.items():
            check_losses(name, losses, self.parts)
            self._means[name].update_state(ops.sum(losses))
            term = ops.sum(self._shares * losses)
            loss = loss + weights.get(name, 1.0) * term
        return loss

    def distilled_dataset(self) -> DistilledDataset:
        """Returns the synthetic images as they are now.

        Returns:
            `DistilledDataset`.
        """
        synthetic, parts = self.synthetic, self.parts
        return DistilledDataset(
            synthetic.stored_images(),
            synthetic.labels.ravel(),
            class_names=parts.class_names,
            normalization=parts.trajectory.normalization,
            info=describe_distillation(
                parts,
                self.optimizer if self.compiled else None,
                self.num_steps,
            ),
            **synthetic.decoding,
        )
