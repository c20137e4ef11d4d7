"""What every step of a distillation is given, as data."""

from typing import Any

import numpy as np

from keras_tgdd.datasets.class_images import ClassImages
from keras_tgdd.distillation.parts import DistillationParts
from keras_tgdd.distillation.step_batches import StepBatches

_STEP, _NETWORK = 0, 1


class LiveBatches(StepBatches):
    """Yields real images, draws and network weights, one step at a time.

    Everything random about step `t` comes from a counter-based generator
    keyed by `(seed, t)`: the three backends see the same draws, and a run can
    resume from any step. Shapes do not change between steps.

    Each item is a tuple of one dict, whose arrays are

    - `"augmentation"`: the draw of `SiameseAugmentation`, one per class;
    - `"constraint_scale"`: `(1,)`, present where the trajectory scales the
      constraint;
    - `"constraint_weights"`: `(num_weights,)`, present with a constraint and
      a region longer than 1, where they differ from `"weights"`;
    - `"images"`: `(n_classes, samples_per_class, height, width, channels)`;
    - `"selection"`: `(n_classes, n_selected)`, the decoded synthetic images
      in use, present where there are more, or classes differ in number;
    - `"weights"`: `(num_weights,)`.

    Keras takes the size of a batch from the first array by name; its first
    axis must be the classes.

    Args:
        parts: `DistillationParts`.
        real_images: `ClassImages`, such as `RealImages` or an `ImageStream`.
        **steps: `seed`, `first_step` and `num_steps` of `StepBatches`.
    """

    def __init__(
        self, parts: DistillationParts, real_images: ClassImages, **steps: Any
    ) -> None:
        super().__init__(parts, **steps)
        self.real_images = real_images

    def describe(self, index: int) -> str:
        of_networks, _ = self._generators(index)
        return self.parts.trajectory.describe_draw(
            of_networks, self.parts.region
        )

    def _generators(self, index):
        """The generators of the networks and of the rest of a step."""
        step = self.first_step + index
        generator = self.draws.generator(_STEP, step)
        steps = self.parts.trajectory.steps_per_network
        if steps == 1:
            return generator, generator
        return self.draws.generator(_NETWORK, step // steps), generator

    def __getitem__(self, index: int) -> tuple[dict[str, Any]]:
        parts = self.parts
        of_networks, generator = self._generators(index)
        self.real_images.seek(self.first_step + index)
        networks = parts.trajectory.draw(of_networks, parts.region)
        images = self.real_images.draw(generator, parts.samples_per_class)
        inputs = {
            "augmentation": parts.augmentation.draw(
                generator, len(images), images.shape[2:4]
            ),
            "images": images,
            "weights": networks.weights,
        }
        if self.second_network:
            inputs["constraint_weights"] = networks.constraint_weights
        if parts.trajectory.scales_constraint:
            scale = np.asarray([networks.constraint_scale], "float32")
            inputs["constraint_scale"] = scale
        return ({**inputs, **self.select(generator)},)
