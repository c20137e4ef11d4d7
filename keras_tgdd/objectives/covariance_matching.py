"""Matching of means and covariances."""

from typing import Any

import keras
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_weight
from keras_tgdd.objectives.class_means import class_means
from keras_tgdd.objectives.objective import Objective


@keras.saving.register_keras_serializable(package="keras_tgdd")
class CovarianceMatching(Objective):
    """Distance of the means and covariances of each class: DSDM.

    `loss[c] = ||mean_T - mean_S||² + covariance_weight * ||Cov_T - Cov_S||² /
    feature_size` with the squared Frobenius norm. The distance of covariances
    is computed from inner products of images, without the `feature_size²`
    entries of a covariance.

    Covariances are biased: they divide by the number of images. One image then
    has covariance zero, while its unbiased covariance is undefined. DSDM's
    third term pulls the means towards their moving average over networks after
    iteration 2000. It is left out, because it depends on the step.

    A summary holds the features minus their mean, so it is not stored.

    Args:
        covariance_weight: float of at least 0. Defaults to `50.0`.

    Raises:
        ValueError: if `covariance_weight` is not a finite number of at least
            0.

    Example:

    ```python
    objective = keras_tgdd.objectives.CovarianceMatching()
    summary = objective.summarize(real_features)  # (n_classes, n, size)
    loss = objective.compare(summary, synthetic_features)  # (n_classes,)
    ```
    """

    cacheable = False

    def __init__(self, covariance_weight: float = 50.0) -> None:
        check_weight("covariance_weight", covariance_weight)
        self.covariance_weight = covariance_weight

    def summarize(
        self, features: Tensor, sample_weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        mean, count = class_means(features, sample_weight)
        share = 1.0 / ops.maximum(count, 1.0)[:, None]
        if sample_weight is not None:
            share = share * sample_weight
        deviations = features - mean[:, None]
        # The covariance is deviationsᵀ deviations.
        return {
            "mean": mean,
            "deviations": deviations * ops.sqrt(share)[:, :, None],
        }

    def compare(self, summary: dict[str, Tensor], features: Tensor) -> Tensor:
        own = self.summarize(features)
        means = ops.sum(ops.square(summary["mean"] - own["mean"]), axis=-1)
        real, synthetic = summary["deviations"], own["deviations"]
        covariances = (
            _product(real, real)
            - 2.0 * _product(real, synthetic)
            + _product(synthetic, synthetic)
        )
        return means + self.covariance_weight * covariances / features.shape[2]

    def get_config(self) -> dict[str, Any]:
        return {"covariance_weight": self.covariance_weight}


def _product(first, second):
    """Inner product of `firstᵀ first` and `secondᵀ second`, per class."""
    inner = ops.matmul(first, ops.transpose(second, (0, 2, 1)))
    return ops.sum(ops.square(inner), axis=(1, 2))
