"""Stage-wise distribution matching."""

from keras import ops

from keras_tgdd.annotations import Tensor
from keras_tgdd.objectives.objective import Objective


class ClassMeanMatching(Objective):
    """Squared distance between the mean features of each class.

    `loss[c] = || mean f(real images of c) - mean f(synthetic images of c) ||²`
    with f the features of the last pooling layer, not normalized. Means and
    sums are float32.

    Example:

    ```python
    objective = keras_tgdd.objectives.ClassMeanMatching()
    summary = objective.summarize(real_features)  # (n_classes, n, size)
    loss = objective.compare(summary, synthetic_features)  # (n_classes,)
    ```

    References:
        - [Zhao & Bilen, 2023](https://arxiv.org/abs/2110.04181), equation 4
        - [TGDD](https://arxiv.org/abs/2512.02469), stage-wise distribution
          matching
    """

    def summarize(
        self, features: Tensor, sample_weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        if sample_weight is None:
            count = ops.full((features.shape[0],), float(features.shape[1]))
            return {"mean": ops.mean(features, axis=1), "count": count}
        count = ops.sum(sample_weight, axis=1)
        total = ops.sum(sample_weight[:, :, None] * features, axis=1)
        return {
            "mean": total / ops.maximum(count, 1.0)[:, None],
            "count": count,
        }

    def compare(self, summary: dict[str, Tensor], features: Tensor) -> Tensor:
        difference = summary["mean"] - ops.mean(features, axis=1)
        return ops.sum(ops.square(difference), axis=-1)

    def merge(
        self, first: dict[str, Tensor], second: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        count = first["count"] + second["count"]
        # Neither part may have images of a class.
        share = (second["count"] / ops.maximum(count, 1.0))[:, None]
        mean = first["mean"] + share * (second["mean"] - first["mean"])
        return {"mean": mean, "count": count}
