"""Real images that represent their class, in place of random ones."""

import threading
from typing import Any

import numpy as np

from keras_tgdd.arguments import check_labels
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.datasets.class_images import ClassImages
from keras_tgdd.datasets.nearest_images import nearest_images
from keras_tgdd.datasets.real_images import draw_positions
from keras_tgdd.datasets.training_data import as_training_data
from keras_tgdd.runtime.fingerprint import digest
from keras_tgdd.runtime.optional import require


class RepresentativeImages(ClassImages):
    """Draws from the images nearest to the k-means centroids of their class.

    `DistillationTrainer.fit` takes it in place of the data, under any method.
    The features of each class are divided into `samples_per_class` clusters.
    For each centroid the nearest image that is not selected yet is selected.
    A class with at most `samples_per_class` images is selected whole.

    Several such selections are computed beforehand, from clusterings with
    different initial centroids. Step t draws from selection
    `(t // steps_per_selection) % num_selections`. Published code clusters the
    features of the current network again every ten loops; here all selections
    come from the same features.

    Args:
        data: training data in any form that `keras_tgdd.distill` takes, such
            as `TrainingData` or a pair `(x, y)` of arrays.
        features: float array of shape `(n, feature_size)`, such as
            `experts.features(data.x)`.
        samples_per_class: positive int, selected images per class; at least
            the `samples_per_class` of the trainer. Defaults to `128`.
        steps_per_selection: positive int, consecutive steps that draw from
            one selection. Defaults to `10`.
        num_selections: positive int. Defaults to `8`.
        seed: int of at least 0, seed of the clusterings. Defaults to `0`.

    Attributes:
        x: array of images, `(n, height, width, channels)`.
        y: int array of shape `(n,)`.
        image_shape: triple of ints, `(height, width, channels)`.
        num_classes: int.
        counts: int array of shape `(num_classes,)`, images per class in a
            selection.
        selections: int array of shape
            `(num_selections, num_classes, samples_per_class)`, positions in
            `x`. Smaller classes repeat their images cyclically.

    Raises:
        ImportError: if scikit-learn is not installed.
        TypeError: if `data` is no training data, or `features` no float array.
        ValueError: if a class has no image, there is not one row of finite
            features per image, or a number is out of range.

    Example:

    ```python
    images = keras_tgdd.datasets.RepresentativeImages(
        data, experts.features(data.x)
    )
    trainer.fit(images, steps_per_epoch=20)
    ```

    References:
        - [DREAM](https://arxiv.org/abs/2302.14416)
    """

    def __init__(
        self,
        data: Any,
        features: np.ndarray,
        samples_per_class: int = 128,
        *,
        steps_per_selection: int = 10,
        num_selections: int = 8,
        seed: int = 0,
    ) -> None:
        check_positive_int("samples_per_class", samples_per_class)
        check_positive_int("steps_per_selection", steps_per_selection)
        check_positive_int("num_selections", num_selections)
        check_seed(seed)
        data = as_training_data(data)
        check_labels(data.y, len(data.x), data.num_classes)
        _check_features(features, len(data.x))
        self._data = data
        self.x, self.y = data.x, data.y
        self.image_shape, self.num_classes = data.image_shape, data.num_classes
        self.samples_per_class = samples_per_class
        self.steps_per_selection = steps_per_selection
        self.counts = np.minimum(data.counts, samples_per_class)
        self.selections = np.stack(
            [
                self._select(features, [seed, number])
                for number in range(num_selections)
            ]
        )
        # Keras draws in its own thread, while others may draw beside it.
        self._position = threading.local()

    def _select(self, features, seed):
        """Positions of one selection, `(num_classes, samples_per_class)`."""
        cluster = require(
            "sklearn.cluster", "selection", "Selecting representative images"
        )
        chosen = []
        for label in range(self.num_classes):
            members = np.flatnonzero(self.y == label)
            if len(members) > self.samples_per_class:
                state = np.random.SeedSequence([*seed, label]).generate_state(1)
                clusters = cluster.MiniBatchKMeans(
                    self.samples_per_class, n_init=1, random_state=int(state[0])
                )
                own = np.asarray(features[members], "float32")
                centroids = clusters.fit(own).cluster_centers_
                members = members[nearest_images(centroids, own)]
            chosen.append(np.resize(members, self.samples_per_class))
        return np.stack(chosen)

    def seek(self, step: int) -> None:
        """Chooses the selection of a step, for the draws of this thread.

        Args:
            step: int.
        """
        number = step // self.steps_per_selection
        self._position.selection = number % len(self.selections)

    def check_samples(self, samples_per_class: int) -> None:
        """Checks that a selection has enough images per class.

        Args:
            samples_per_class: int, images per class in a step.

        Raises:
            ValueError: if it has not.
        """
        if samples_per_class > self.samples_per_class:
            raise ValueError(
                f"A step must draw at most {self.samples_per_class} images per "
                "class, since no more were selected; make the "
                "`RepresentativeImages` with a larger `samples_per_class`. "
                f"Received: samples_per_class={samples_per_class}"
            )

    def draw_index(
        self, generator: np.random.Generator, samples_per_class: int
    ) -> np.ndarray:
        """Draws like `draw`, but returns positions in `x`."""
        self.check_samples(samples_per_class)
        order = draw_positions(generator, self.counts, samples_per_class)
        selection = self.selections[getattr(self._position, "selection", 0)]
        return np.take_along_axis(selection, order, axis=1)

    def fingerprint(self) -> str:
        """Returns a digest of images, labels and selections."""
        return digest(
            self._data.fingerprint(),
            str(self.selections.shape),
            self.selections.astype("<i8"),
            str(self.steps_per_selection),
        )


def _check_features(features: Any, num_images: int) -> None:
    if not isinstance(features, np.ndarray) or not np.issubdtype(
        features.dtype, np.floating
    ):
        received = getattr(features, "dtype", type(features).__name__)
        raise TypeError(
            "`features` must be a NumPy array of floats, such as "
            f"`experts.features(data.x)`. Received: {received}"
        )
    if features.ndim != 2 or len(features) != num_images:
        raise ValueError(
            "`features` must have one row per image, shape "
            f"({num_images}, feature_size). Received: shape={features.shape}"
        )
    if not np.all(np.isfinite(features)):
        raise ValueError("`features` must be finite. Received: NaN or infinity")
