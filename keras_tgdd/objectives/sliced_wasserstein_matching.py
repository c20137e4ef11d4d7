"""Optimal transport along random directions."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.objectives.arguments import refuse_sample_weight
from keras_tgdd.objectives.objective import Objective


@keras.saving.register_keras_serializable(package="keras_tgdd")
class SlicedWassersteinMatching(Objective):
    """Squared sliced Wasserstein distance of the features of each class.

    `loss[c] = mean over directions and levels of (real quantile - synthetic
    quantile)²` of the features of class c, projected on random directions of
    length 1. The mean is not multiplied by the feature size: if distributions
    differ in their means alone, the loss is about the loss of
    `ClassMeanMatching` divided by the feature size.

    Levels are `(q + 1/2) / num_quantiles`. The sorted values of n samples have
    the levels `(i + 1/2) / n`. Quantiles are linear between these levels, and
    constant below the first and above the last. The numbers of real and
    synthetic images may therefore differ.

    Quantiles of two parts of the data do not determine the quantiles of all
    data, and real images pass the network in parts. Summaries are therefore
    not stored, and quantiles are computed in each step.

    Args:
        num_projections: positive int, directions. Defaults to `256`.
        num_quantiles: positive int, levels. Defaults to `32`.
        seed: int, seed of the directions, which are the same in all steps.
            Defaults to `0`.

    Raises:
        ValueError: if a number is out of range, or the objective is called
            before `build`; in `summarize`, for a `sample_weight`.

    Example:

    ```python
    objective = keras_tgdd.objectives.SlicedWassersteinMatching()
    objective.build((6,))  # trainers call it
    summary = objective.summarize(real_features)  # (n_classes, n, size)
    loss = objective.compare(summary, synthetic_features)  # (n_classes,)
    ```

    References:
        - [Bonneel et al., 2015](https://doi.org/10.1007/s10851-014-0506-3),
          sliced Wasserstein distance. Levels and defaults are ours
    """

    cacheable = False

    def __init__(
        self,
        num_projections: int = 256,
        num_quantiles: int = 32,
        seed: int = 0,
    ) -> None:
        check_positive_int("num_projections", num_projections)
        check_positive_int("num_quantiles", num_quantiles)
        check_seed(seed)
        self.num_projections = int(num_projections)
        self.num_quantiles = int(num_quantiles)
        self.seed = int(seed)
        self._directions: Tensor = None

    def get_config(self) -> dict[str, Any]:
        return {
            "num_projections": self.num_projections,
            "num_quantiles": self.num_quantiles,
            "seed": self.seed,
        }

    def build(self, feature_sizes: tuple[int, ...]) -> None:
        generator = np.random.default_rng(self.seed)
        shape = (sum(feature_sizes), self.num_projections)
        directions = generator.standard_normal(shape)
        directions /= np.linalg.norm(directions, axis=0)
        self._directions = ops.convert_to_tensor(directions, "float32")

    def summarize(
        self, features: Tensor, sample_weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        refuse_sample_weight(self, sample_weight)
        return {"quantiles": self._quantiles(features)}

    def compare(self, summary: dict[str, Tensor], features: Tensor) -> Tensor:
        difference = summary["quantiles"] - self._quantiles(features)
        return ops.mean(ops.square(difference), axis=(1, 2))

    def _quantiles(self, features):
        """Computes `(n_classes, num_projections, num_quantiles)`."""
        if self._directions is None:
            raise ValueError(
                "SlicedWassersteinMatching draws its directions in `build`: "
                "call `build((feature_size,))` first. Received: "
                f"features of size {features.shape[-1]}"
            )
        projected = ops.matmul(features, self._directions)
        ordered = ops.sort(ops.swapaxes(projected, 1, 2), axis=-1)
        return ops.matmul(ordered, self._interpolation(features.shape[1]))

    def _interpolation(self, n):
        """Computes the weights of n sorted values, `(n, num_quantiles)`.

        A product with this matrix has the same gradient on all backends.
        """
        levels = ops.arange(self.num_quantiles, dtype="float32") + 0.5
        positions = levels * (n / self.num_quantiles) - 0.5
        positions = ops.clip(positions, 0.0, float(n - 1))
        samples = ops.arange(n, dtype="float32")[:, None]
        return ops.relu(1.0 - ops.abs(samples - positions))
