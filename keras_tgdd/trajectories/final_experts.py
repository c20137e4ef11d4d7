"""The last snapshots of experts."""

import numpy as np

from keras_tgdd.runtime.fingerprint import digest
from keras_tgdd.trajectories.expert_based import ExpertBased
from keras_tgdd.trajectories.trajectory import NetworkDraw


class FinalExperts(ExpertBased):
    """Draws an expert and uses its last snapshot.

    Features and constraint use the same weights. Pass `region=1` to the
    trainer: it then computes the network once per step instead of twice.

    Args:
        experts: `ExpertTrajectories`, of which the last snapshots are used.

    Raises:
        TypeError: if `experts` are no `ExpertTrajectories`.

    Example:

    ```python
    trajectory = keras_tgdd.trajectories.FinalExperts(experts)
    weights = trajectory.draw(np.random.default_rng(0), region=1).weights
    ```
    """

    def draw(self, generator: np.random.Generator, region: int) -> NetworkDraw:
        """Draws an expert; `region` is not used."""
        weights = self.experts.weights(self._draw_expert(generator), -1)
        return NetworkDraw(weights, weights)

    def describe_draw(self, generator: np.random.Generator, region: int) -> str:
        """Names the expert that `draw` would draw."""
        return f"expert {self._draw_expert(generator)}, last snapshot"

    def _draw_expert(self, generator):
        return int(generator.integers(self.experts.num_experts))

    def fingerprint(self) -> str:
        """Returns a SHA-256 hex digest of the experts' fingerprint and of the
        choice of their last snapshots."""
        return digest(f"final {self.experts.fingerprint()}")
