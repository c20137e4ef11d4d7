"""Distribution matching over layers, with discrimination."""

from collections.abc import Sequence

import numpy as np
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_weight
from keras_tgdd.objectives.class_means import class_means
from keras_tgdd.objectives.classification_constraint import class_cross_entropy
from keras_tgdd.objectives.objective import Objective


class LayerMatching(Objective):
    """Means of each class at several layers, and a discrimination term: CAFE.

    `loss[c] = Σ_l w_l ||mean f_l(T_c) - mean f_l(S_c)||² +
    discrimination_weight * Σ over real images x of class c of
    CE(f(x) · means, c)`

    with f the features of the last layer that is read, and `means` those of
    the synthetic images of every class, which act as a classifier of the real
    ones: real features shall be recognized by them. The cross-entropy is
    summed over the real images of a step, as released, so that it weighs
    more where a step has more of them.

    Features are those of several layers side by side: give the networks the
    names of these, from shallow to deep, with
    `experts.reading(["relu_1", "relu_2", "relu_3", "features"])`.

    Maps of shallow layers are large: 131,072 numbers an image for the first of
    ConvNet at 32 x 32.

    The loss of a class depends on the images of all, so it is not separable.
    A summary holds the features of the last layer, so it is not cached.

    Args:
        layer_weights: sequence of floats of at least 0, one for each layer
            that is read. `None` takes 1 for the last two and 0.1 for those
            before: CAFE weighs the last block by 1, and its map before and
            after pooling are both read.
        discrimination_weight: float of at least 0. Defaults to `0.01`.

    Raises:
        ValueError: if an argument is out of range; in `build`, if there are
            not as many layer weights as layers, or layers differ from those
            of an earlier call.

    Example:

    ```python
    objective = keras_tgdd.objectives.LayerMatching()
    objective.build((4, 2))  # the trainer does it, with the sizes of layers
    summary = objective.summarize(real_features)  # (n_classes, n, size)
    loss = objective.compare(summary, synthetic_features)  # (n_classes,)
    ```

    References:
        - [CAFE](https://arxiv.org/abs/2203.01531)
    """

    cacheable = False
    class_separable = False

    def __init__(
        self,
        layer_weights: Sequence[float] | None = None,
        discrimination_weight: float = 0.01,
    ) -> None:
        if layer_weights is not None:
            if np.ndim(layer_weights) != 1:
                raise ValueError(
                    "`layer_weights` must be a sequence of numbers, one for "
                    f"each layer. Received: layer_weights={layer_weights!r}"
                )
            for weight in layer_weights:
                check_weight("layer_weights", weight)
            layer_weights = tuple(map(float, layer_weights))
        check_weight("discrimination_weight", discrimination_weight)
        self.layer_weights = layer_weights
        self.discrimination_weight = discrimination_weight
        self._sizes = None

    def build(self, feature_sizes: tuple[int, ...]) -> None:
        sizes = tuple(feature_sizes)
        if self._sizes not in (None, sizes):
            raise ValueError(
                "A LayerMatching serves one choice of layers; make another for "
                f"others. Received: layers of sizes {sizes}, after "
                f"{self._sizes}"
            )
        weights = self.layer_weights
        if weights is None:
            weights = ([0.1] * len(sizes) + [1.0, 1.0])[-len(sizes) :]
        if len(weights) != len(sizes):
            raise ValueError(
                "`layer_weights` must have one number for each layer that is "
                f"read, {len(sizes)}; name layers with `experts.reading([...])`"
                f". Received: layer_weights={self.layer_weights}"
            )
        self._sizes = sizes
        self._weights = ops.convert_to_tensor(
            np.repeat(weights, sizes).astype("float32")
        )

    def summarize(
        self, features: Tensor, sample_weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        if sample_weight is None:
            sample_weight = ops.ones(features.shape[:2])
        mean, _ = class_means(features, sample_weight)
        return {
            "mean": mean,
            "features": self._of_last(features),
            "weight": sample_weight,
        }

    def compare(self, summary: dict[str, Tensor], features: Tensor) -> Tensor:
        means = ops.mean(features, axis=1)
        squares = self._weights * ops.square(summary["mean"] - means)
        matching = ops.sum(squares, axis=-1)
        classifier = ops.transpose(self._of_last(means))
        logits = ops.matmul(summary["features"], classifier)
        losses = class_cross_entropy(logits)
        discrimination = ops.sum(summary["weight"] * losses, axis=1)
        return matching + self.discrimination_weight * discrimination

    def _of_last(self, features):
        """The share of the last layer that is read."""
        if self._sizes is None or features.shape[-1] != sum(self._sizes):
            raise ValueError(
                "LayerMatching must know the sizes of layers; call `build` "
                f"first. Received: features of size {features.shape[-1]}, "
                f"built for layers of sizes {self._sizes}"
            )
        return features[..., -self._sizes[-1] :]

    def get_config(self) -> dict:
        weights = self.layer_weights
        return {
            "layer_weights": None if weights is None else list(weights),
            "discrimination_weight": self.discrimination_weight,
        }
