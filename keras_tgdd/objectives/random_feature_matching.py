"""Maximum mean discrepancy with random Fourier features."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_positive
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.objectives.arguments import checked_bandwidths
from keras_tgdd.objectives.class_mean_matching import ClassMeanMatching
from keras_tgdd.objectives.objective import Objective


@keras.saving.register_keras_serializable(package="keras_tgdd")
class RandomFeatureMatching(Objective):
    """Squared maximum mean discrepancy of each class, from a small summary.

    Estimates the distance of `KernelMatching`, with the kernel
    `k(x, y) = Σ_s exp(-|x - y|² / (s · b))`. The estimate is the squared
    distance between the class means of `cos(w·f)` and `sin(w·f)` over random
    frequencies w, half as many as random features. Frequencies are assigned
    to the bandwidths cyclically. Those of bandwidth s are normal with variance
    `2 / (s · b)`, and each term is divided by their number. The pair of cosine
    and sine has a smaller error than random phases.

    Relative error against the exact distance, root mean square over 10 classes
    and 5 seeds: 5.6 to 8.4 % with 512 random features, 3.0 to 3.8 % with 2048,
    1.3 to 2.0 % with 8192. Measured on features of size 256 of a digits
    expert, at the start, middle and end of its training. 88 real images per
    class were compared with 40 other images of the class, with noisy images,
    and with images of another class.

    Summaries hold means, so they are stored, merged and used without the data.
    This needs a base b that is known in advance, and that is the same for all
    classes, snapshots and numbers of images.

    Args:
        base_bandwidth: positive float, b: the mean squared distance of two
            features of a class. `mean_squared_distance` measures it. Features
            grow while a network trains, so measure in the middle of a
            trajectory.
        bandwidths: sequence of positive floats, multiples of b. Defaults to
            `(0.25, 0.5, 1.0, 2.0, 4.0)`.
        num_features: positive even int, at least two per bandwidth: the size
            of the summary of a class. Defaults to `2048`.
        seed: int, seed of the frequencies. Defaults to `0`.

    Raises:
        ValueError: if a number is out of range, or the objective is called
            before `build`.

    Example:

    ```python
    base = RandomFeatureMatching.mean_squared_distance(real_features)
    objective = RandomFeatureMatching(base, num_features=512)
    summaries = keras_tgdd.summarize(experts, (x, y), objective)
    ```

    References:
        - Rahimi & Recht, "Random features for large-scale kernel machines",
          NeurIPS 2007
        - [Sutherland & Schneider, 2015](https://arxiv.org/abs/1506.02785),
          pairs of cosine and sine
        - [M3D](https://arxiv.org/abs/2312.15927), the kernel
    """

    def __init__(
        self,
        base_bandwidth: float,
        bandwidths: Sequence[float] = (0.25, 0.5, 1.0, 2.0, 4.0),
        num_features: int = 2048,
        seed: int = 0,
    ) -> None:
        check_positive("base_bandwidth", base_bandwidth)
        self.base_bandwidth = float(base_bandwidth)
        self.bandwidths = checked_bandwidths(bandwidths)
        check_positive_int("num_features", num_features)
        least = 2 * len(self.bandwidths)
        if num_features % 2 or num_features < least:
            raise ValueError(
                "`num_features` must be even, and at least two per bandwidth, "
                f"{least}. Received: num_features={num_features}"
            )
        self.num_features = int(num_features)
        check_seed(seed)
        self.seed = int(seed)
        self._means = ClassMeanMatching()
        self._frequencies: Tensor = None
        self._scale: Tensor = None

    @staticmethod
    def mean_squared_distance(features: np.ndarray) -> float:
        """Measures the base bandwidth on features.

        Args:
            features: array of shape `(n_classes, n, feature_size)`, with at
                least two images per class.

        Returns:
            float, the mean squared distance of two different features of a
            class, averaged over classes.

        Raises:
            ValueError: if `features` has another shape.
        """
        features = np.asarray(features, "float64")
        if features.ndim != 3 or features.shape[1] < 2:
            raise ValueError(
                "`features` must have shape (n_classes, n, feature_size) with "
                f"n of at least 2. Received: shape={features.shape}"
            )
        # Two independent draws differ by twice the variance.
        variances = np.var(features, axis=1, ddof=1)
        return float(2.0 * np.mean(np.sum(variances, axis=-1)))

    def get_config(self) -> dict[str, Any]:
        return {
            "base_bandwidth": self.base_bandwidth,
            "bandwidths": list(self.bandwidths),
            "num_features": self.num_features,
            "seed": self.seed,
        }

    def build(self, feature_sizes: tuple[int, ...]) -> None:
        generator = np.random.default_rng(self.seed)
        count, kinds = self.num_features // 2, len(self.bandwidths)
        kind = np.arange(count) % kinds
        bandwidths = self.base_bandwidth * np.array(self.bandwidths)[kind]
        frequencies = generator.standard_normal((sum(feature_sizes), count))
        frequencies *= np.sqrt(2.0 / bandwidths)
        # The square root: distances have a product of two scales.
        scale = np.bincount(kind)[kind] ** -0.5
        self._frequencies = ops.convert_to_tensor(frequencies, "float32")
        self._scale = ops.convert_to_tensor(scale, "float32")

    def summarize(
        self, features: Tensor, sample_weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        return self._means.summarize(self._waves(features), sample_weight)

    def compare(self, summary: dict[str, Tensor], features: Tensor) -> Tensor:
        return self._means.compare(summary, self._waves(features))

    def merge(
        self, first: dict[str, Tensor], second: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        return self._means.merge(first, second)

    def _waves(self, features):
        """Computes random features, `(n_classes, n, num_features)`."""
        if self._frequencies is None:
            raise ValueError(
                "RandomFeatureMatching draws its frequencies in `build`: call "
                "`build((feature_size,))` first. Received: "
                f"features of size {features.shape[-1]}"
            )
        phases = ops.matmul(features, self._frequencies)
        waves = (self._scale * ops.cos(phases), self._scale * ops.sin(phases))
        return ops.concatenate(waves, axis=-1)
