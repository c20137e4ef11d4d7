"""Matching of class means at several layers."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_weight
from keras_tgdd.objectives.class_means import class_means
from keras_tgdd.objectives.classification_constraint import class_cross_entropy
from keras_tgdd.objectives.objective import Objective


@keras.saving.register_keras_serializable(package="keras_tgdd")
class LayerMatching(Objective):
    """Class means at several layers, with a discrimination term: CAFE.

    `loss[c] = Σ_l w_l ||mean f_l(T_c) - mean f_l(S_c)||² +
    discrimination_weight * Σ over real images x of class c of
    CE(f(x) · means, c)`

    with f the features of the last layer that is read. `means` are the mean
    features of the synthetic images of every class. They classify the real
    images, and the second term asks that they do so correctly. As in the
    released code, the cross-entropy is summed over the real images of a step,
    so its weight grows with their number.

    Features are the concatenation of several layers. Name the layers, from
    shallow to deep, with `experts.with_feature_layer(["relu_1", "relu_2",
    "relu_3", "features"])`.

    Feature maps of shallow layers are large: 131,072 numbers per image in the
    first layer of ConvNet at 32 x 32 pixels.

    The loss of a class depends on the images of all classes, so it is not
    separable. A summary holds the features of the last layer, so it is not
    stored.

    Args:
        layer_weights: sequence of floats of at least 0, one per layer that is
            read. `None` uses 1 for the last two layers and 0.1 for earlier
            ones: CAFE gives the last block weight 1, and the block is read
            before and after pooling.
        discrimination_weight: float of at least 0. Defaults to `0.01`.

    Raises:
        ValueError: if an argument is out of range; in `build`, if the numbers
            of layer weights and layers differ, or the layers differ from an
            earlier call.

    Example:

    ```python
    objective = keras_tgdd.objectives.LayerMatching()
    objective.build((4, 2))  # trainers call it, with the sizes of layers
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
                    "`layer_weights` must be a sequence of numbers, one per "
                    f"layer. Received: layer_weights={layer_weights!r}"
                )
            for weight in layer_weights:
                check_weight("layer_weights", weight)
            layer_weights = tuple(map(float, layer_weights))
        check_weight("discrimination_weight", discrimination_weight)
        self.layer_weights = layer_weights
        self.discrimination_weight = discrimination_weight
        self._sizes: tuple[int, ...] | None = None
        self._weights: Tensor = None

    def build(self, feature_sizes: tuple[int, ...]) -> None:
        sizes = tuple(feature_sizes)
        if self._sizes not in (None, sizes):
            raise ValueError(
                "A LayerMatching is built once, for one choice of layers. "
                "Create another one for other layers. Received: layers of "
                f"sizes {sizes}, after {self._sizes}"
            )
        weights = self.layer_weights
        if weights is None:
            weights = ([0.1] * len(sizes) + [1.0, 1.0])[-len(sizes) :]
        if len(weights) != len(sizes):
            raise ValueError(
                "`layer_weights` must have one number for each layer that is "
                f"read, {len(sizes)}; name layers with "
                "`experts.with_feature_layer([...])`. Received: layer_weights="
                f"{self.layer_weights}"
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
            "features": self._last_layer_features(features),
            "weight": sample_weight,
        }

    def compare(self, summary: dict[str, Tensor], features: Tensor) -> Tensor:
        means = ops.mean(features, axis=1)
        squares = self._weights * ops.square(summary["mean"] - means)
        matching = ops.sum(squares, axis=-1)
        classifier = ops.transpose(self._last_layer_features(means))
        logits = ops.matmul(summary["features"], classifier)
        losses = class_cross_entropy(logits)
        discrimination = ops.sum(summary["weight"] * losses, axis=1)
        return matching + self.discrimination_weight * discrimination

    def _last_layer_features(self, features):
        """Cuts off the features of all layers before the last one."""
        if self._sizes is None or features.shape[-1] != sum(self._sizes):
            raise ValueError(
                "LayerMatching needs the sizes of its layers; call `build` "
                f"first. Received: features of size {features.shape[-1]}, "
                f"built for layers of sizes {self._sizes}"
            )
        return features[..., -self._sizes[-1] :]

    def get_config(self) -> dict[str, Any]:
        weights = self.layer_weights
        return {
            "layer_weights": None if weights is None else list(weights),
            "discrimination_weight": self.discrimination_weight,
        }
