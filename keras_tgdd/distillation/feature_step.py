"""The step that matches features of real and synthetic images."""

from typing import Any

from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.datasets.class_images import ClassImages
from keras_tgdd.datasets.real_images import RealImages
from keras_tgdd.distillation.distillation_step import DistillationStep
from keras_tgdd.distillation.live_source import LiveSource
from keras_tgdd.distillation.parts import DistillationParts
from keras_tgdd.distillation.step_source import StepSource
from keras_tgdd.distillation.summaries.summaries import Summaries
from keras_tgdd.distillation.summaries.summarize import data_for
from keras_tgdd.distillation.summaries.summarize import summarize
from keras_tgdd.distillation.summary_source import SummarySource
from keras_tgdd.layers.pixel_normalization import normalize
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories


class FeatureStep(DistillationStep):
    """Matching of features and the constraint: the step of every method here.

    `"matching"` compares the features of real and synthetic images under the
    weights of the step, `"constraint"` is the constraint's loss of the
    synthetic images under its weights. Both see images that are decoded and
    augmented by one draw per class.

    Args:
        parts: `DistillationParts`.

    References:
        - [TGDD](https://arxiv.org/abs/2512.02469)
    """

    loss_names = ("matching", "constraint")

    def __init__(self, parts: DistillationParts) -> None:
        super().__init__(parts)
        normalization = parts.trajectory.normalization
        # Tensors: torch.compile breaks its graph at a NumPy array.
        self._mean = ops.convert_to_tensor(normalization.mean, "float32")
        self._std = ops.convert_to_tensor(normalization.std, "float32")
        self._chunks = parts.real_chunk, parts.synthetic_chunk
        self._constrained = parts.constrained

    def source(self, data: Any) -> StepSource:
        parts = self.parts
        if isinstance(data, Summaries):
            return SummarySource(parts, data)
        if parts.objective.needs_summaries:
            return SummarySource(parts, self._summarize(data))
        if not isinstance(data, ClassImages):
            data = RealImages(data_for(parts.trajectory, data))
        return LiveSource(parts, data)

    def _summarize(self, data):
        """Summaries of all real images, for an objective that needs them."""
        parts = self.parts
        if not isinstance(parts.trajectory, ExpertTrajectories):
            raise ValueError(
                f"{type(parts.objective).__name__} works from summaries, which "
                "`keras_tgdd.summarize` makes along recorded experts. Received:"
                f" a trajectory of type {type(parts.trajectory).__name__}"
            )
        return summarize(
            parts.trajectory,
            data,
            parts.objective,
            augmentation=parts.augmentation,
            plan=parts.summary_plan,
            samples_per_class=None,
        )

    @property
    def loss_weights(self) -> dict[str, float]:
        assert self.parts.constraint_weight is not None  # resolved by parts
        return {"constraint": self.parts.constraint_weight}

    def compile_parts(self) -> bool:
        if self._chunks[1] >= self.parts.num_classes:
            return False
        self.parts.trajectory.network.compile_chunks()
        return True

    def losses(self, inputs: dict[str, Any]) -> dict[str, Tensor]:
        parts, chunk = self.parts, self._chunks[1]
        network, draw = parts.trajectory.network, inputs["augmentation"]
        summary = inputs.get("summary")
        if summary is None:
            summary = self._summary(inputs)
        synthetic = parts.synthetic(inputs.get("selection"))
        synthetic = normalize(synthetic, self._mean, self._std)
        synthetic = parts.augmentation(synthetic, draw)
        weights = inputs["weights"]
        features, outputs = network.per_class(weights, synthetic, chunk)
        losses = {"matching": parts.objective.compare(summary, features)}
        if self._constrained and parts.constraint is not None:
            if "constraint_weights" in inputs:
                _, outputs = network.per_class(
                    inputs["constraint_weights"], synthetic, chunk
                )
            losses["constraint"] = parts.constraint(
                outputs, from_logits=not network.ends_in_softmax
            )
            if "constraint_scale" in inputs:
                losses["constraint"] *= inputs["constraint_scale"]
        return losses

    def _summary(self, inputs):
        """The real half of the objective, from the real images of a step."""
        parts = self.parts
        real = normalize(inputs["images"], self._mean, self._std)
        # Keras leaves the first axis of a batch unknown on TensorFlow.
        real = ops.reshape(real, (parts.num_classes, *real.shape[1:]))
        real = parts.augmentation(real, inputs["augmentation"])
        features, _ = parts.trajectory.network.per_class(
            inputs["weights"], real, self._chunks[0]
        )
        return parts.objective.summarize(features)
