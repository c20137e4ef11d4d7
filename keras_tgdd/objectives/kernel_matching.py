"""Maximum mean discrepancy with exact kernels."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.objectives.arguments import checked_bandwidths
from keras_tgdd.objectives.arguments import refuse_sample_weight
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.objectives.squared_distances import TINY
from keras_tgdd.objectives.squared_distances import squared_distances


@keras.saving.register_keras_serializable(package="keras_tgdd")
class KernelMatching(Objective):
    """Squared maximum mean discrepancy with Gaussian kernels, per class: M3D.

    `loss[c] = mean k(real, real) - 2 mean k(real, synthetic)
    + mean k(synthetic, synthetic)` with
    `k(x, y) = Σ_s exp(-|x - y|² / (s · b))` over the bandwidths s. Means are
    over all pairs of features of class c, including pairs of a feature with
    itself. The base b is the mean squared distance between different features
    of the class, real and synthetic ones together. It has no gradient.

    The kernel needs every pair of a real and a synthetic feature, so the
    summary holds all real features and is not stored. A step needs memory for
    `n_classes * (n + m)²` numbers per bandwidth, with n real and m synthetic
    images per class. `RandomFeatureMatching` approximates the same distance
    with a small summary.

    Args:
        bandwidths: sequence of positive floats, multiples of b. Defaults to
            `(0.25, 0.5, 1.0, 2.0, 4.0)`.

    Raises:
        ValueError: if `bandwidths` are not positive numbers; in `summarize`,
            for a `sample_weight`.

    Example:

    ```python
    objective = keras_tgdd.objectives.KernelMatching()
    summary = objective.summarize(real_features)  # (n_classes, n, size)
    loss = objective.compare(summary, synthetic_features)  # (n_classes,)
    ```

    References:
        - [M3D](https://arxiv.org/abs/2312.15927)
        - [Gretton et al., 2012](https://jmlr.org/papers/v13/gretton12a.html),
          the biased estimate
    """

    cacheable = False

    def __init__(
        self, bandwidths: Sequence[float] = (0.25, 0.5, 1.0, 2.0, 4.0)
    ) -> None:
        self.bandwidths = checked_bandwidths(bandwidths)

    def get_config(self) -> dict[str, Any]:
        return {"bandwidths": list(self.bandwidths)}

    def summarize(
        self, features: Tensor, sample_weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        refuse_sample_weight(self, sample_weight)
        return {"features": features}

    def compare(self, summary: dict[str, Tensor], features: Tensor) -> Tensor:
        real = summary["features"]
        within_real = squared_distances(real, real)
        across = squared_distances(real, features)
        within_synthetic = squared_distances(features, features)
        count = real.shape[1] + features.shape[1]
        total = (
            ops.sum(within_real, axis=(1, 2))
            + 2.0 * ops.sum(across, axis=(1, 2))
            + ops.sum(within_synthetic, axis=(1, 2))
        )
        base = ops.stop_gradient(total) / (count * (count - 1))
        base = ops.maximum(base, TINY)[:, None, None]
        return (
            self._mean_kernel(within_real / base)
            - 2.0 * self._mean_kernel(across / base)
            + self._mean_kernel(within_synthetic / base)
        )

    def _mean_kernel(self, distances):
        """Averages the kernel over pairs, with distances in units of b."""
        kernel = sum(ops.exp(-distances / s) for s in self.bandwidths)
        return ops.mean(kernel, axis=(1, 2))
