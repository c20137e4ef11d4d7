"""Real images that stand for their class, in the place of random ones."""

import hashlib
import threading
from typing import Any

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.metrics import pairwise_distances

from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.datasets.class_images import ClassImages
from keras_tgdd.datasets.real_images import draw_positions
from keras_tgdd.runtime.fingerprint import fingerprint


class RepresentativeImages(ClassImages):
    """Draws from the images nearest to the centroids of their class.

    `DistillationTrainer.fit` takes it in the place of arrays, for any recipe.
    The features of each class are divided into `samples_per_class` clusters,
    and the image nearest to each centroid that is not chosen yet is chosen. A
    class of no more images than that is taken whole.

    Several such selections are made beforehand, from clusterings that begin
    differently: step t draws from selection
    `(t // steps_per_selection) % num_selections`. Published code clusters the
    features of the network in use anew every ten loops; here all selections
    are of the features that are given.

    Args:
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].
        y: int array of shape `(n,)`, labels from 0 without a gap.
        features: float array of shape `(n, feature_size)`, such as
            `experts.features(x)`.
        samples_per_class: positive int, images of each class in a selection;
            at least the trainer's. Defaults to `128`.
        steps_per_selection: positive int, steps in a row that draw from one
            selection. Defaults to `10`.
        num_selections: positive int. Defaults to `8`.
        seed: int, seed of the clusterings. Defaults to `0`.

    Attributes:
        image_shape: triple of ints, `(height, width, channels)`.
        num_classes: int.
        counts: int array of shape `(num_classes,)`, images of each class in a
            selection.
        selections: int array of shape
            `(num_selections, num_classes, samples_per_class)`, where the
            images stand in `x`; a smaller class gives its images in turn.

    Raises:
        TypeError, ValueError: if the data are not images with labels, a class
            has no image, there is not one row of finite features for each
            image, or a number is out of range.

    Example:

    ```python
    images = keras_tgdd.datasets.RepresentativeImages(
        x, y, experts.features(x)
    )
    trainer.fit(images, steps_per_epoch=20)
    ```

    References:
        - [DREAM](https://arxiv.org/abs/2302.14416)
    """

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        features: np.ndarray,
        samples_per_class: int = 128,
        steps_per_selection: int = 10,
        num_selections: int = 8,
        seed: int = 0,
    ) -> None:
        check_positive_int("samples_per_class", samples_per_class)
        check_positive_int("steps_per_selection", steps_per_selection)
        check_positive_int("num_selections", num_selections)
        check_seed(seed)
        check_images(x)
        self.num_classes = check_labels(y, len(x))
        _check_features(features, len(x))
        self.x, self.y = x, y
        self.image_shape = tuple(x.shape[1:])
        self.samples_per_class = samples_per_class
        self.steps_per_selection = steps_per_selection
        self.counts = np.minimum(np.bincount(y), samples_per_class)
        self.selections = np.stack(
            [
                self._select(features, [seed, number])
                for number in range(num_selections)
            ]
        )
        # Keras draws in a thread of its own, and others draw beside it.
        self._place = threading.local()

    def _select(self, features, seed):
        chosen = []
        for label in range(self.num_classes):
            members = np.flatnonzero(self.y == label)
            if len(members) > self.samples_per_class:
                state = np.random.SeedSequence([*seed, label]).generate_state(1)
                clusters = MiniBatchKMeans(
                    self.samples_per_class, n_init=1, random_state=int(state[0])
                )
                own = np.asarray(features[members], "float32")
                centroids = clusters.fit(own).cluster_centers_
                members = members[nearest_images(centroids, own)]
            chosen.append(np.resize(members, self.samples_per_class))
        return np.stack(chosen)

    def at(self, step: int) -> None:
        """Takes the selection of a step, for the draws of this thread.

        Args:
            step: int.
        """
        number = step // self.steps_per_selection
        self._place.selection = number % len(self.selections)

    def check_samples(self, samples_per_class: int) -> None:
        """Refuses to draw more images of a class than were selected.

        Args:
            samples_per_class: int, images of each class in a step.

        Raises:
            ValueError: if there are more than in a selection.
        """
        if samples_per_class > self.samples_per_class:
            raise ValueError(
                f"A step must draw at most {self.samples_per_class} images of "
                "each class, since no more were selected; make the "
                "`RepresentativeImages` with a larger `samples_per_class`. "
                f"Received: samples_per_class={samples_per_class}"
            )

    def draw_index(
        self, generator: np.random.Generator, samples_per_class: int
    ) -> np.ndarray:
        """As `draw`, but returns where the images stand in `x`."""
        self.check_samples(samples_per_class)
        order = draw_positions(generator, self.counts, samples_per_class)
        selection = self.selections[getattr(self._place, "selection", 0)]
        return np.take_along_axis(selection, order, axis=1)

    def fingerprint(self) -> str:
        """Returns a digest of images, labels and selections."""
        digest = hashlib.sha256(fingerprint(self.x, self.y).encode())
        digest.update(str(self.selections.shape).encode())
        digest.update(np.ascontiguousarray(self.selections, "<i8").data)
        digest.update(str(self.steps_per_selection).encode())
        return digest.hexdigest()


def nearest_images(centres: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Finds the image nearest to each centre, none of them twice.

    An image that two centres are nearest to stands for the first, and the
    other takes its next.

    Args:
        centres: array of shape `(count, size)`.
        features: array of shape `(n, size)`, n at least the count.

    Returns:
        An int array of shape `(count,)`.
    """
    distances = pairwise_distances(centres, features)
    chosen = []
    for row in distances:
        row[chosen] = np.inf
        chosen.append(int(np.argmin(row)))
    return np.array(chosen)


def _check_features(features: Any, num_images: int) -> None:
    if not isinstance(features, np.ndarray) or not np.issubdtype(
        features.dtype, np.floating
    ):
        received = getattr(features, "dtype", type(features).__name__)
        raise TypeError(
            "`features` must be a NumPy array of floats, such as "
            f"`experts.features(x)`. Received: {received}"
        )
    if features.ndim != 2 or len(features) != num_images:
        raise ValueError(
            "`features` must have one row for each image, shape "
            f"({num_images}, feature_size). Received: shape={features.shape}"
        )
    if not np.all(np.isfinite(features)):
        raise ValueError("`features` must be finite. Received: NaN or infinity")
