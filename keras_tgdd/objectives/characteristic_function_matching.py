"""Matching of characteristic functions."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_weight
from keras_tgdd.objectives.characteristic_functions import TINY
from keras_tgdd.objectives.characteristic_functions import (
    CharacteristicFunctionObjective,
)


@keras.saving.register_keras_serializable(package="keras_tgdd")
class CharacteristicFunctionMatching(CharacteristicFunctionObjective):
    """Distance of characteristic functions in amplitude and phase: NCFM.

    `loss[c] = weight * mean over t of sqrt(α (|Φ_T| - |Φ_S|)² + (1 - α) 2
    |Φ_T| |Φ_S| (1 - cos Δphase))` with
    `Φ(t) = mean over images of class c of exp(i <t, f>)`. Features f are
    divided by their L2 norm per image, and the frequencies t are drawn from
    N(0, I). Amplitudes describe the spread of features, phases their location.

    1e-12 is added under each root and to each squared norm, so that gradients
    are finite where a term is zero. A term of zero then counts 1e-6. NCFM's
    network that chooses frequencies adversarially is left out: every released
    configuration turns it off. The released code draws 4096 frequencies.

    Args:
        num_frequencies: positive int. Defaults to `1024`.
        amplitude_weight: float in [0, 1], α. Defaults to `0.5`.
        weight: float of at least 0, a factor of the loss. Defaults to `300.0`.
        seed: int, seed of the frequencies. Defaults to `0`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    ```python
    objective = keras_tgdd.objectives.CharacteristicFunctionMatching()
    objective.build((6,))  # trainers call it
    summary = objective.summarize(real_features)  # (n_classes, n, size)
    loss = objective.compare(summary, synthetic_features)  # (n_classes,)
    ```

    References:
        - [NCFM](https://arxiv.org/abs/2502.20653)
    """

    def __init__(
        self,
        num_frequencies: int = 1024,
        amplitude_weight: float = 0.5,
        weight: float = 300.0,
        seed: int = 0,
    ) -> None:
        super().__init__(num_frequencies, weight, seed)
        check_weight("amplitude_weight", amplitude_weight)
        if amplitude_weight > 1:
            raise ValueError(
                "`amplitude_weight` must be a number in [0, 1]. Received: "
                f"amplitude_weight={amplitude_weight!r}"
            )
        self.amplitude_weight = amplitude_weight

    def draw_frequencies(self, feature_size: int) -> np.ndarray:
        generator = np.random.default_rng(self.seed)
        return generator.normal(size=(feature_size, self.num_frequencies))

    def prepare(self, features: Tensor) -> Tensor:
        squares = ops.sum(ops.square(features), axis=-1, keepdims=True)
        return ops.multiply(features, ops.rsqrt(squares + TINY))

    def compare(self, summary: dict[str, Tensor], features: Tensor) -> Tensor:
        terms = self.split_distance(summary, features, self.amplitude_weight)
        roots = ops.sqrt(terms + TINY)
        return self.weight * ops.mean(roots, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {
            "num_frequencies": self.num_frequencies,
            "amplitude_weight": self.amplitude_weight,
            "weight": self.weight,
            "seed": self.seed,
        }
