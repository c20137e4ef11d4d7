"""The compiled forward pass over real images."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.layers.pixel_normalization import normalize
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.trajectories.trajectory import Trajectory

# Pixels of all classes in one pass: 1,280 images of 32 x 32. More is no
# faster on a CPU, and the first feature map of ConvNet takes 0.7 GB by then.
_PIXELS_PER_PASS = 1280 * 32 * 32


class Summarizer(keras.Model):
    """Summarizes the real images of every class under given weights.

    Call arguments:
        inputs: dict with `"augmentation"`, a draw of `SiameseAugmentation`;
            `"images"`, `(n_classes, n, height, width, channels)`;
            `"weights"`, `(num_weights,)`; and, where some images are padding,
            `"sample_weight"`, `(n_classes, n)`.

    Returns:
        The summary, a dict of tensors of shape `(n_classes, ...)`.

    Args:
        trajectory: `Trajectory`.
        objective: `Objective`.
        augmentation: `SiameseAugmentation`.
    """

    def __init__(
        self,
        trajectory: Trajectory,
        objective: Objective,
        augmentation: SiameseAugmentation,
    ) -> None:
        super().__init__(dtype="float32", name="summarizer")
        self.network = trajectory.network
        self.objective = objective
        objective.build(self.network.feature_sizes)
        self.augmentation = augmentation
        self._mean = ops.convert_to_tensor(
            trajectory.normalization.mean, "float32"
        )
        self._std = ops.convert_to_tensor(
            trajectory.normalization.std, "float32"
        )
        self.built = True  # it has no weights

    def call(
        self, inputs: dict[str, Any], training: bool = False
    ) -> dict[str, Tensor]:
        images = normalize(inputs["images"], self._mean, self._std)
        # Keras leaves the first axis of a batch unknown on TensorFlow.
        num_classes = self.network.num_classes
        images = ops.reshape(images, (num_classes, *images.shape[1:]))
        images = self.augmentation(images, inputs["augmentation"])
        features, _ = self.network.per_class(inputs["weights"], images)
        if "sample_weight" in inputs:
            return self.objective.summarize(features, inputs["sample_weight"])
        return self.objective.summarize(features)

    def summarize(
        self,
        x: np.ndarray,
        index: np.ndarray,
        counted: np.ndarray,
        inputs: dict[str, Any],
    ) -> dict[str, np.ndarray]:
        """Summarizes chosen images, in passes of the fastest size.

        Args:
            x: array of shape `(n, height, width, channels)`.
            index: int array of shape `(n_classes, n_chosen)`, positions in
                `x`.
            counted: bool array of that shape, false for padding.
            inputs: dict, the other inputs of the call.

        Returns:
            The summary, a dict of NumPy arrays.
        """
        num_classes, chosen = index.shape
        most = _PIXELS_PER_PASS // (num_classes * x.shape[1] * x.shape[2])
        size = min(max(1, most), chosen)
        # Every pass has the same shape, for the compiled forward pass.
        missing = -chosen % size
        index = np.pad(index, ((0, 0), (0, missing)), mode="edge")
        counted = np.pad(counted, ((0, 0), (0, missing)))
        summary: dict[str, np.ndarray] = {}
        for start in range(0, index.shape[1], size):
            part = slice(start, start + size)
            inputs = {**inputs, "images": x[index[:, part]]}
            if not counted.all():
                inputs["sample_weight"] = counted[:, part].astype("float32")
            new = self.predict_on_batch(inputs)
            if summary:
                parts = keras.tree.map_structure(
                    ops.convert_to_tensor, (summary, new)
                )
                new = self.objective.merge(*parts)
            summary = keras.tree.map_structure(ops.convert_to_numpy, new)
        return self.objective.finish(summary)
