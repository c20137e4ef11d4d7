"""Networks between the first and the last snapshot of an expert."""

import numpy as np

from keras_tgdd.runtime.fingerprint import digest_all
from keras_tgdd.trajectories.expert_based import ExpertBased
from keras_tgdd.trajectories.trajectory import NetworkDraw


class InterpolatedExperts(ExpertBased):
    """Networks on the straight line from an expert's first to last snapshot.

    A draw picks an expert and `λ ~ U(0, 1)`. Features use the weights
    `λ * first + (1 - λ) * last`, and the constraint uses `last`. Leave the
    trainer's `region` above 1: with a region of 1, the constraint would use
    the interpolated network as well.

    All weights are interpolated, including the moving statistics of batch
    normalization.

    Args:
        experts: `ExpertTrajectories`, of which the first and last snapshots
            are used.

    Raises:
        TypeError: if `experts` are no `ExpertTrajectories`.

    Example:

    ```python
    trajectory = keras_tgdd.trajectories.InterpolatedExperts(experts)
    weights = trajectory.draw(np.random.default_rng(0), region=7).weights
    ```

    References:
        - [DANCE](https://arxiv.org/abs/2406.01063)
    """

    def draw(self, generator: np.random.Generator, region: int) -> NetworkDraw:
        """Draws an expert and a point on its line; `region` is not used."""
        expert, share = self._draw_point(generator)
        final = self.experts.weights(expert, -1)
        initial = self.experts.weights(expert, 0)
        weights = share * initial + (np.float32(1) - share) * final
        return NetworkDraw(weights, final)

    def describe_draw(self, generator: np.random.Generator, region: int) -> str:
        """Names the expert and the point that `draw` would draw."""
        expert, share = self._draw_point(generator)
        return f"expert {expert}, {share:.3f} of its initialization"

    def _draw_point(self, generator):
        expert = int(generator.integers(self.experts.num_experts))
        return expert, np.float32(generator.random())

    def fingerprint(self) -> str:
        """Returns a SHA-256 hex digest of the experts' fingerprint and their
        first snapshots."""
        return digest_all(self._parts())

    def _parts(self):
        yield from ("interpolated", self.experts.fingerprint())
        for expert in range(self.experts.num_experts):
            yield np.ascontiguousarray(self.experts.weights(expert, 0), "<f4")
