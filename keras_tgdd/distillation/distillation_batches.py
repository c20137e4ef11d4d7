"""What every step of a distillation is given, as data."""

from typing import Any

import numpy as np

from keras_tgdd.datasets.class_images import ClassImages
from keras_tgdd.distillation.step_batches import StepBatches
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation

_STEP, _NETWORK = 0, 1


class DistillationBatches(StepBatches):
    """Yields real images, draws and network weights, one step at a time.

    Everything random about step `t` comes from a counter-based generator
    keyed by `(seed, t)`: the three backends see the same draws, and a run can
    continue from any step. Shapes do not change between steps.

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

    The first of them in this order has an axis of classes first, as Keras
    expects of a batch axis.

    Args:
        real_images: `ClassImages`, such as `RealImages` or an `ImageStream`.
        augmentation: `SiameseAugmentation`.
        samples_per_class: int, real images of each class in a step.
        **kwargs: arguments of `StepBatches`.
    """

    def __init__(
        self,
        real_images: ClassImages,
        augmentation: SiameseAugmentation,
        samples_per_class: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.real_images = real_images
        self.augmentation = augmentation
        self.samples_per_class = samples_per_class

    def describe(self, index: int) -> str:
        return self.trajectory.describe_draw(
            self._generators(index)[0], self.region
        )

    def _generators(self, index):
        """The generators of the networks and of the rest of a step."""
        step = self.first_step + index
        generator = self.draws.generator(_STEP, step)
        steps = self.trajectory.steps_per_network
        if steps == 1:
            return generator, generator
        return self.draws.generator(_NETWORK, step // steps), generator

    def __getitem__(self, index):
        of_networks, generator = self._generators(index)
        self.real_images.at(self.first_step + index)
        weights, later, *scale = self.trajectory.draw(of_networks, self.region)
        images = self.real_images.draw(generator, self.samples_per_class)
        num_classes = len(images)
        inputs = {
            "augmentation": self.augmentation.draw(
                generator, num_classes, images.shape[2:4]
            ),
            "images": images,
            "weights": weights,
        }
        if self.second_network:
            inputs["constraint_weights"] = later
        if self.trajectory.scales_constraint:
            inputs["constraint_scale"] = np.float32(scale)
        return ({**inputs, **self.select(generator)},)
