"""What an evaluation found, and how."""

import dataclasses

import numpy as np

from keras_tgdd.training.recipe import settings_fingerprint


@dataclasses.dataclass(frozen=True)
class EvaluationResult:
    """Test accuracy of fresh networks, after their last epoch.

    Attributes:
        runs: tuple of floats in [0, 1], accuracy of each network.
        protocol: dict, every setting of the training.
        seed: int; network `i` is seeded by `(seed, i)`.
        num_images: int, images trained on.
        seconds: float, time the evaluation took.
    """

    runs: tuple
    protocol: dict
    seed: int
    num_images: int
    seconds: float

    @property
    def mean(self) -> float:
        """Mean accuracy over the networks, in [0, 1]."""
        return float(np.mean(self.runs))

    @property
    def std(self) -> float:
        """Standard deviation over the networks (population), in [0, 1]."""
        return float(np.std(self.runs))

    @property
    def protocol_fingerprint(self) -> str:
        """16 hex digits of the protocol; only equal ones compare."""
        return settings_fingerprint(self.protocol)

    def to_dict(self) -> dict:
        """Returns a JSON-compatible dict."""
        return {
            "mean": self.mean,
            "std": self.std,
            "protocol_fingerprint": self.protocol_fingerprint,
            **dataclasses.asdict(self),
        }

    def __str__(self):
        return (
            f"{100 * self.mean:.1f} ± {100 * self.std:.1f} % "
            f"({len(self.runs)} networks, {self.num_images} images)"
        )
