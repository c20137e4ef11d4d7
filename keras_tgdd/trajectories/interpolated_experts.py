"""Features between the beginning and the end of an expert's training."""

import hashlib

import numpy as np

from keras_tgdd.trajectories.expert_based import ExpertBased


class InterpolatedExperts(ExpertBased):
    """Networks on the straight line from an expert's start to its end.

    Each draw picks an expert and `λ ~ U(0, 1)`. Features are read under
    `λ · initial weights + (1 - λ) · final weights`, and the constraint under
    the final weights. Leave the trainer's `region` above 1: with a region of
    1 the constraint reads the interpolated network, too.

    Every weight is interpolated, the moving statistics of batch normalization
    among them.

    Args:
        experts: `ExpertTrajectories`. Their first and last snapshots are
            used.

    Raises:
        TypeError: if `experts` are no `ExpertTrajectories`.

    Example:

    ```python
    trajectory = keras_tgdd.trajectories.InterpolatedExperts(experts)
    features, _ = trajectory.draw(np.random.default_rng(0), region=7)
    ```

    References:
        - [DANCE](https://arxiv.org/abs/2406.01063)
    """

    def draw(
        self, generator: np.random.Generator, region: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws an expert and a point of its line; `region` is not used."""
        expert, share = self._draw_point(generator)
        final = self.experts.weights(expert, -1)
        initial = self.experts.weights(expert, 0)
        return share * initial + (np.float32(1) - share) * final, final

    def describe_draw(self, generator: np.random.Generator, region: int) -> str:
        """Names the expert and the point that `draw` would draw."""
        expert, share = self._draw_point(generator)
        return f"expert {expert}, {share:.3f} of its initialization"

    def _draw_point(self, generator):
        expert = int(generator.integers(self.experts.num_experts))
        return expert, np.float32(generator.random())

    def fingerprint(self) -> str:
        """Returns a SHA-256 hex digest that tells these networks from others.

        Covers the fingerprint of the experts and their initial weights.
        """
        digest = hashlib.sha256(b"interpolated")
        digest.update(self.experts.fingerprint().encode())
        for expert in range(self.experts.num_experts):
            initial = self.experts.weights(expert, 0)
            digest.update(np.ascontiguousarray(initial, "<f4").data)
        return digest.hexdigest()
