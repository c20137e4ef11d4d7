"""The base of objectives that compare characteristic functions."""

from abc import abstractmethod
from typing import Any

import numpy as np
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.arguments import check_weight
from keras_tgdd.objectives.class_means import class_means
from keras_tgdd.objectives.class_means import merge_means
from keras_tgdd.objectives.objective import Objective

# Added under square roots, whose gradient at zero is infinite.
TINY = 1e-12


class CharacteristicFunctionObjective(Objective):
    """Compares the characteristic functions of real and synthetic features.

    `Φ(t) = mean over images of exp(i <t, f>)` at frequencies t, drawn once per
    feature size. Its real and imaginary parts are means, so summaries of two
    parts of the data can be merged.

    Subclassing: write `draw_frequencies`, and `compare` with the help of
    `split_distance`. Override `prepare` to transform features first.

    Args:
        num_frequencies: positive int.
        weight: float of at least 0, a factor of the loss.
        seed: int of at least 0, seed of the frequencies.

    Raises:
        ValueError: if an argument is out of range.
    """

    def __init__(self, num_frequencies: int, weight: float, seed: int) -> None:
        check_positive_int("num_frequencies", num_frequencies)
        check_weight("weight", weight)
        check_seed(seed)
        self.num_frequencies = num_frequencies
        self.weight = weight
        self.seed = seed
        self._frequencies: dict[int, Tensor] = {}  # by feature size

    @abstractmethod
    def draw_frequencies(self, feature_size: int) -> np.ndarray:
        """Draws the frequencies. The draw depends on the seed alone.

        Args:
            feature_size: int.

        Returns:
            Array of shape `(feature_size, num_frequencies)`.
        """

    def prepare(self, features: Tensor) -> Tensor:
        """Transforms features before the comparison. Identity by default."""
        return features

    def build(self, feature_sizes: tuple[int, ...]) -> None:
        size = sum(feature_sizes)
        if size not in self._frequencies:
            self._frequencies[size] = ops.convert_to_tensor(
                self.draw_frequencies(size).astype("float32")
            )

    def summarize(
        self, features: Tensor, sample_weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        phases = self._phases(features)
        real, count = class_means(ops.cos(phases), sample_weight)
        imag, _ = class_means(ops.sin(phases), sample_weight)
        return {"real": real, "imag": imag, "count": count}

    def merge(
        self, first: dict[str, Tensor], second: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        return merge_means(first, second, ["real", "imag"])

    def split_distance(
        self,
        summary: dict[str, Tensor],
        features: Tensor,
        amplitude_weight: Any,
    ) -> Tensor:
        """Computes the squared distance at each frequency.

        With α the amplitude weight, the distance is
        `α (|Φ_T| - |Φ_S|)² + (1 - α) 2 |Φ_T| |Φ_S| (1 - cos Δphase)`, which is
        `|Φ_T - Φ_S|² / 2` for α = 1/2.

        No angle is computed. With z = Φ_T times the conjugate of Φ_S, the
        factor of `1 - α` is `2 (|z| - Re z)`. Where the phases are similar,
        this difference cancels, and `2 (Im z)² / (|z| + Re z)` is used. 1e-12
        is added under the roots of |Φ|.

        Args:
            summary: dict of tensors, the result of `summarize`.
            features: float32 tensor of shape `(n_classes, n, feature_size)`.
            amplitude_weight: float in [0, 1], or tensor of shape
                `(n_classes, 1)`.

        Returns:
            float32 tensor of shape `(n_classes, num_frequencies)`.
        """
        phases = self._phases(features)
        real = ops.mean(ops.cos(phases), axis=1)
        imag = ops.mean(ops.sin(phases), axis=1)
        first = _modulus(summary["real"], summary["imag"])
        second = _modulus(real, imag)
        dot = summary["real"] * real + summary["imag"] * imag
        cross = summary["imag"] * real - summary["real"] * imag
        product = first * second
        phase = 2.0 * ops.where(
            dot > 0.0,
            ops.square(cross) / (product + ops.relu(dot)),
            product - dot,
        )
        amplitude = ops.square(first - second)
        return amplitude_weight * amplitude + (1.0 - amplitude_weight) * phase

    def _phases(self, features):
        """Computes `<t, f>` per image, `(n_classes, n, num_frequencies)`."""
        size = features.shape[-1]
        if size not in self._frequencies:
            raise ValueError(
                f"{type(self).__name__} draws its frequencies in `build`; call "
                f"`build(({size},))` first. Received: features of size {size}, "
                f"built for sizes {sorted(self._frequencies)}"
            )
        return ops.matmul(self.prepare(features), self._frequencies[size])


def _modulus(real, imag):
    return ops.sqrt(ops.square(real) + ops.square(imag) + TINY)
