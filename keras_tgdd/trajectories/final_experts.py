"""Features under networks that are trained out."""

import hashlib

import numpy as np

from keras_tgdd.trajectories.expert_based import ExpertBased


class FinalExperts(ExpertBased):
    """The last snapshot of an expert, which each draw picks.

    Features and constraint are read under the same weights: pass `region=1`
    to the trainer, which then makes one pass where it would make two alike.

    Args:
        experts: `ExpertTrajectories`. Their last snapshots are used.

    Raises:
        TypeError: if `experts` are no `ExpertTrajectories`.

    Example:

    ```python
    trajectory = keras_tgdd.trajectories.FinalExperts(experts)
    weights, _ = trajectory.draw(np.random.default_rng(0), region=1)
    ```
    """

    def draw(
        self, generator: np.random.Generator, region: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws an expert; `region` is not used."""
        weights = self.experts.weights(self._draw_expert(generator), -1)
        return weights, weights

    def describe_draw(self, generator: np.random.Generator, region: int) -> str:
        """Names the expert that `draw` would draw."""
        return f"expert {self._draw_expert(generator)}, last snapshot"

    def _draw_expert(self, generator):
        return int(generator.integers(self.experts.num_experts))

    def fingerprint(self) -> str:
        """Returns a SHA-256 hex digest that tells these networks from others.

        It is that of the experts, marked as of their last snapshots.
        """
        text = f"final {self.experts.fingerprint()}"
        return hashlib.sha256(text.encode()).hexdigest()
