"""Matching of Wasserstein barycentres."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.arguments import check_weight
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.runtime.optional import require


@keras.saving.register_keras_serializable(package="keras_tgdd")
class BarycenterMatching(Objective):
    """Distance of each synthetic image to an atom of a barycentre: WMDD.

    `loss[c] = Σ_j ||f(x_j) - b_j||² + statistics_weight * (||mean_S -
    mean_T||² + ||var_S - var_T||²)`

    The m atoms `b_j` of a class, each of weight 1/m, are the free-support
    Wasserstein barycentre of its real features. It is the measure of m equal
    atoms with the smallest 2-Wasserstein distance to the real features: a
    k-means with clusters of equal size. Sizes are equal because a network
    trains on all images of a class with the same weight. Optimal transport
    (POT) finds the atoms. In each alternation it moves an atom all the way to
    the mean of its images; WMDD moves it by a step of 0.2, which POT does not
    offer.

    The sum over j is not divided by m, so the gradient of an image does not
    depend on the number of images. WMDD optimizes with Adam (0.25, betas 0.5
    and 0.9). The second term replaces WMDD's statistics of batch
    normalization, since networks here use instance normalization. It compares
    the mean and the (biased) variance of each feature over the images of a
    class.

    The j-th decoded image of a class is paired with its j-th atom. Atoms start
    at images of the class, drawn by the seed. With `samples_per_class=None`
    the j-th atom of every summary starts at the same image, so synthetic
    images are attracted to similar regions in each summary: on digits, 42 to
    49 % of real images have the same nearest atom of ten under another
    augmentation or snapshot, against 10 % by chance.

    All features of the data are in memory while summaries are computed.
    Finished summaries cannot be merged. WMDD reads the last snapshot only:
    `plan=SummaryPlan(4, snapshots=(-1,))`.

    Args:
        atoms_per_class: positive int, m. It must equal the number of *decoded*
            synthetic images per class in a step,
            `images_per_class * factor**2`. Therefore this number must not
            exceed the trainer's `max_decoded`, nor differ between classes.
        statistics_weight: float of at least 0. Defaults to `10.0`, WMDD's
            value for ImageNette (500 for Tiny-ImageNet).
        num_alternations: positive int, the most alternations of transport plan
            and atoms. Defaults to `10`.
        seed: int, seed of the images where atoms start. Defaults to `0`.

    Raises:
        ValueError: if an argument is out of range; in `compare`, if the number
            of synthetic images differs from the number of atoms; in `finish`,
            if a class has no image.
        ImportError: in `finish`, if POT is not installed.

    Example:

    ```python
    objective = keras_tgdd.objectives.BarycenterMatching(atoms_per_class=8)
    summaries = keras_tgdd.summarize(
        experts, (x_train, y_train), objective, samples_per_class=None
    )
    synthetic = keras_tgdd.layers.SyntheticImages(
        experts.num_classes, 2, experts.image_shape, factor=2
    )
    synthetic.adapt(x_train, y_train)
    trainer = keras_tgdd.DistillationTrainer(synthetic, experts, objective)
    trainer.fit(summaries, steps_per_epoch=3)
    ```

    References:
        - [WMDD](https://arxiv.org/abs/2311.18531)
        - [Cuturi & Doucet, 2014](https://arxiv.org/abs/1310.4375), algorithm 2
    """

    needs_summaries = True

    def __init__(
        self,
        atoms_per_class: int,
        statistics_weight: float = 10.0,
        num_alternations: int = 10,
        seed: int = 0,
    ) -> None:
        check_positive_int("atoms_per_class", atoms_per_class)
        check_weight("statistics_weight", statistics_weight)
        check_positive_int("num_alternations", num_alternations)
        check_seed(seed)
        self.atoms_per_class = atoms_per_class
        self.statistics_weight = statistics_weight
        self.num_alternations = num_alternations
        self.seed = seed

    def summarize(
        self, features: Tensor, sample_weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        if sample_weight is None:
            sample_weight = ops.ones(features.shape[:2])
        return {"features": features, "weight": sample_weight}

    def merge(
        self, first: dict[str, Tensor], second: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        if "features" not in first or "features" not in second:
            raise TypeError(
                "Finished summaries of BarycenterMatching hold barycentres, "
                "which cannot be merged; summarize all the data at once."
            )
        return {
            key: ops.concatenate([first[key], second[key]], axis=1)
            for key in ("features", "weight")
        }

    def finish(self, summary: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        finished = {"atoms": [], "mean": [], "variance": []}
        pairs = zip(summary["features"], summary["weight"], strict=True)
        for label, (features, weight) in enumerate(pairs):
            features = features[weight > 0].astype("float64")
            if not len(features):
                raise ValueError(
                    "A barycentre needs images of every class. Received: none "
                    f"of class {label}"
                )
            finished["atoms"].append(self._barycenter(features, label))
            finished["mean"].append(features.mean(axis=0))
            finished["variance"].append(features.var(axis=0))
        return {
            key: np.asarray(value, "float32") for key, value in finished.items()
        }

    def _barycenter(self, features, label):
        """Returns the atoms of a class, float64 `(m, feature_size)`."""
        # Imported here: POT imports every backend that is installed.
        transport = require(
            "ot.lp", "transport", "The computation of barycentres"
        )
        count = len(features)
        order = np.random.default_rng([self.seed, label]).permutation(count)
        # A class with fewer images than atoms repeats them cyclically.
        start = features[np.resize(order, self.atoms_per_class)]
        return transport.free_support_barycenter(
            [features],
            [np.full(count, 1 / count)],
            start,
            numItermax=self.num_alternations,
        )

    def compare(self, summary: dict[str, Tensor], features: Tensor) -> Tensor:
        if "atoms" not in summary:
            raise ValueError(
                "BarycenterMatching compares with finished summaries, which "
                "`keras_tgdd.summarize` returns. Received: a summary of "
                f"{sorted(summary)}"
            )
        if features.shape[1] != self.atoms_per_class:
            raise ValueError(
                "`atoms_per_class` must be the number of decoded synthetic "
                "images per class in a step, images_per_class * factor**2. "
                f"Received: atoms_per_class={self.atoms_per_class}, and "
                f"{features.shape[1]} images"
            )
        mean = ops.mean(features, axis=1)
        variance = ops.mean(ops.square(features - mean[:, None]), axis=1)
        statistics = ops.square(mean - summary["mean"])
        statistics = statistics + ops.square(variance - summary["variance"])
        distances = ops.sum(
            ops.square(features - summary["atoms"]), axis=(1, 2)
        )
        return distances + self.statistics_weight * ops.sum(statistics, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {
            "atoms_per_class": self.atoms_per_class,
            "statistics_weight": self.statistics_weight,
            "num_alternations": self.num_alternations,
            "seed": self.seed,
        }
