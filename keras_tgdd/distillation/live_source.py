"""Steps that read real images."""

from typing import Any

from keras import ops

from keras_tgdd.datasets.class_images import ClassImages
from keras_tgdd.datasets.image_stream import ImageStream
from keras_tgdd.distillation.live_batches import LiveBatches
from keras_tgdd.distillation.parts import DistillationParts
from keras_tgdd.distillation.step_batches import StepBatches
from keras_tgdd.distillation.step_source import HELD_OUT
from keras_tgdd.distillation.step_source import StepSource

_HELD_OUT_DRAWS = 16


class LiveSource(StepSource):
    """Draws real images of every class for each step.

    Args:
        parts: `DistillationParts`.
        images: `ClassImages`, such as `RealImages` or an `ImageStream`.

    Raises:
        ValueError: if the images have another shape or other classes than the
            networks, or a step would draw more of them than there are.
    """

    def __init__(self, parts: DistillationParts, images: ClassImages) -> None:
        super().__init__(parts)
        _check_fits(parts, images)
        images.check_samples(parts.samples_per_class)
        self._images = images
        self.real_per_class = parts.samples_per_class

    @property
    def identity(self) -> str:
        return self._images.fingerprint()

    def steps(
        self, first_step: int, num_steps: int, holding_out: bool = False
    ) -> StepBatches:
        return self._batches(self.parts.seed, first_step, num_steps)

    def held_out(self) -> StepBatches:
        """Returns 16 batches of draws that no step sees.

        Raises:
            ValueError: if the images are a stream.
        """
        if isinstance(self._images, ImageStream):
            raise ValueError(
                "Held-out draws go back and forth in the data, and a stream "
                "is read in one direction. Give the number of `epochs`, or "
                "pass `keras_tgdd.summarize(experts, stream)`. Received: an "
                "ImageStream and epochs='auto'"
            )
        seed = [self.parts.seed, HELD_OUT]
        return self._batches(seed, 0, _HELD_OUT_DRAWS)

    def smallest_inputs(self) -> dict[str, Any]:
        """Returns the inputs of a step on one image per class."""
        return one_image_inputs(self.parts, super().smallest_inputs())

    def _batches(self, seed, first_step, num_steps):
        return LiveBatches(
            self.parts,
            self._images,
            seed=seed,
            first_step=first_step,
            num_steps=num_steps,
        )


def one_image_inputs(
    parts: DistillationParts, inputs: dict[str, Any]
) -> dict[str, Any]:
    """Returns the inputs of a step on one real and one synthetic image per
    class, under weights of zero.

    Args:
        parts: `DistillationParts`.
        inputs: dict, the inputs of any step; its augmentation is kept.
    """
    num_classes, shape = parts.num_classes, parts.synthetic.image_shape
    return {
        "augmentation": inputs["augmentation"],
        "images": ops.zeros((num_classes, 1, *shape)),
        "selection": ops.zeros((num_classes, 1), "int32"),
        "weights": ops.zeros((parts.trajectory.network.num_weights,)),
    }


def _check_fits(parts, images):
    """Refuses real images of another kind than the synthetic ones."""
    shape = parts.synthetic.image_shape
    if tuple(images.image_shape) != shape:
        raise ValueError(
            "Real and synthetic images must have the same image shape. "
            f"Received: {tuple(images.image_shape)} and {shape}"
        )
    if images.num_classes != parts.num_classes:
        raise ValueError(
            "Real and synthetic images must have the same number of classes. "
            f"Received: {images.num_classes} and {parts.num_classes}"
        )
