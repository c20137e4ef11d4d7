"""What every step of a distillation is given, as data."""

from typing import Any

from keras_tgdd.datasets.image_stream import ImageStream
from keras_tgdd.datasets.real_images import RealImages
from keras_tgdd.datasets.step_batches import StepBatches
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation


class DistillationBatches(StepBatches):
    """Yields real images, draws and network weights, one step at a time.

    Everything random about step `t` comes from a counter-based generator
    keyed by `(seed, t)`: the three backends see the same draws, and a run can
    continue from any step. Shapes do not change between steps.

    Each item is a tuple of one dict, whose arrays are

    - `"augmentation"`: the draw of `SiameseAugmentation`, one per class;
    - `"constraint_weights"`: `(num_weights,)`, present with a constraint and
      a region longer than 1, where they differ from `"weights"`;
    - `"images"`: `(n_classes, samples_per_class, height, width, channels)`;
    - `"selection"`: `(n_classes, n_selected)`, the decoded synthetic images
      in use, present where there are more, or classes differ in number;
    - `"weights"`: `(num_weights,)`.

    The first of them in this order has an axis of classes first, as Keras
    expects of a batch axis.

    Args:
        real_images: `RealImages` or `ImageStream`.
        augmentation: `SiameseAugmentation`.
        samples_per_class: int, real images of each class in a step.
        **kwargs: arguments of `StepBatches`.
    """

    def __init__(
        self,
        real_images: RealImages | ImageStream,
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
            self._generator(index), self.region
        )

    def _generator(self, index):
        return self.draws.generator(0, self.first_step + index)

    def __getitem__(self, index):
        generator = self._generator(index)
        self.real_images.at(self.first_step + index)
        weights, later = self.trajectory.draw(generator, self.region)
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
        return ({**inputs, **self.select(generator)},)
