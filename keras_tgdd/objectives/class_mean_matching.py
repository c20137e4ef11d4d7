"""Matching of class means."""

import keras
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.objectives.class_means import class_means
from keras_tgdd.objectives.class_means import merge_means
from keras_tgdd.objectives.objective import Objective


@keras.saving.register_keras_serializable(package="keras_tgdd")
class ClassMeanMatching(Objective):
    """Squared distance between the mean features of each class: DM, TGDD.

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
        - [DM](https://arxiv.org/abs/2110.04181), Zhao & Bilen, 2023,
          equation 4
        - [TGDD](https://arxiv.org/abs/2512.02469), stage-wise distribution
          matching
    """

    def summarize(
        self, features: Tensor, sample_weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        mean, count = class_means(features, sample_weight)
        return {"mean": mean, "count": count}

    def compare(self, summary: dict[str, Tensor], features: Tensor) -> Tensor:
        difference = summary["mean"] - ops.mean(features, axis=1)
        return ops.sum(ops.square(difference), axis=-1)

    def merge(
        self, first: dict[str, Tensor], second: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        return merge_means(first, second, ["mean"])
