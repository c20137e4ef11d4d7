"""What every step of a distillation is given, as data."""

import keras
import numpy as np

from keras_tgdd.annotations import Seed
from keras_tgdd.datasets.real_images import RealImages
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.trajectories.trajectory import Trajectory


class DistillationBatches(keras.utils.PyDataset):
    """Yields real images, draws and network weights, one step at a time.

    Everything random about step `t` comes from a counter-based generator
    keyed by `(seed, t)`: the three backends see the same draws, and a run can
    continue from any step. Shapes do not change between steps.

    Each item is a tuple of one dict, whose arrays are

    - `"augmentation"`: the draw of `SiameseAugmentation`, one per class;
    - `"constraint_weights"`: `(num_weights,)`, present with a constraint and
      a region longer than 1, where they differ from `"weights"`;
    - `"images"`: `(n_classes, samples_per_class, height, width, channels)`;
    - `"selection"`: `(n_classes, max_decoded)`, the decoded synthetic images
      in use, present where there are more;
    - `"weights"`: `(num_weights,)`.

    The first of them in this order has an axis of classes first, as Keras
    expects of a batch axis.

    Args:
        real_images: `RealImages`.
        trajectory: `Trajectory`.
        augmentation: `SiameseAugmentation`.
        decoded_per_class: int, decoded synthetic images of each class.
        max_decoded: int, the most of them used in a step.
        samples_per_class: int, real images of each class in a step.
        region: int, length of the expert region.
        constrained: bool, whether constraint weights are wanted.
        seed: int, or list of ints.
        first_step: int, number of the first step.
        num_steps: int, how many steps follow.
    """

    def __init__(
        self,
        real_images: RealImages,
        trajectory: Trajectory,
        augmentation: SiameseAugmentation,
        decoded_per_class: int,
        max_decoded: int,
        samples_per_class: int,
        region: int,
        constrained: bool,
        seed: Seed,
        first_step: int,
        num_steps: int,
    ) -> None:
        super().__init__()
        self.real_images = real_images
        self.trajectory = trajectory
        self.augmentation = augmentation
        self.decoded_per_class = decoded_per_class
        self.max_decoded = max_decoded
        self.samples_per_class = samples_per_class
        self.region = region
        self.constrained = constrained
        self.first_step = first_step
        self.num_steps = num_steps
        self._key = np.random.SeedSequence(seed).generate_state(2, np.uint64)

    def __len__(self):
        return self.num_steps

    def __getitem__(self, index):
        counter = np.array([0, 0, 0, self.first_step + index], np.uint64)
        generator = np.random.Generator(
            np.random.Philox(counter=counter, key=self._key)
        )
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
        if self.constrained and self.region > 1:
            inputs["constraint_weights"] = later
        selection = draw_selection(
            generator, num_classes, self.decoded_per_class, self.max_decoded
        )
        if selection is not None:
            inputs["selection"] = selection
        return (inputs,)


def draw_selection(
    generator: np.random.Generator,
    num_classes: int,
    decoded_per_class: int,
    max_decoded: int,
) -> np.ndarray | None:
    """Draws which decoded synthetic images a step uses.

    Returns:
        An int32 array of shape `(num_classes, max_decoded)`, or `None` where
        all are used.
    """
    if decoded_per_class <= max_decoded:
        return None
    keys = generator.random((num_classes, decoded_per_class))
    return np.argsort(keys, axis=1)[:, :max_decoded].astype("int32")
