"""Optimal transport with an entropy term."""

import math
from typing import Any

import keras
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_positive
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.objectives.arguments import refuse_sample_weight
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.objectives.squared_distances import TINY
from keras_tgdd.objectives.squared_distances import squared_distances


@keras.saving.register_keras_serializable(package="keras_tgdd")
class SinkhornMatching(Objective):
    """Debiased Sinkhorn divergence of the features of each class.

    `loss[c] = OT(real, synthetic) - OT(real, real) / 2
    - OT(synthetic, synthetic) / 2`. OT is the cost of moving one set of
    features onto the other, plus `ε` times the relative entropy of the plan.
    The cost per unit of mass is the squared Euclidean distance. `ε` is
    `epsilon` times the mean cost between real and synthetic features of the
    class, without a gradient. With a large `epsilon` the loss is the squared
    distance of the class means.

    Sinkhorn iterations run in the log domain and outside of the gradient. OT
    is the dual objective at the resulting potentials. Its gradient passes
    through the cost alone, with a fixed plan, so iterations need no memory.
    This is the exact gradient if they have converged (envelope theorem). If
    not, OT is too small, and the loss may fall below 0.

    Accuracy with the defaults, on features of a digits expert (88 real images
    against 40 other images of the class): marginals of the plan differed from
    the weights by 3 % on average, and the loss of a class differed from the
    loss after 300 iterations by at most 4 %. It differed by less than 0.3 % if
    the 40 images were noisy, or if `epsilon` was 0.2.

    The summary holds all real features and is not stored.

    Args:
        epsilon: positive float, `ε` as a share of the mean cost. Defaults to
            `0.05`.
        num_iterations: positive int, Sinkhorn iterations. A smaller `epsilon`
            needs more. Defaults to `20`.

    Raises:
        ValueError: if a number is out of range; in `summarize`, for a
            `sample_weight`.

    Example:

    ```python
    objective = keras_tgdd.objectives.SinkhornMatching()
    summary = objective.summarize(real_features)  # (n_classes, n, size)
    loss = objective.compare(summary, synthetic_features)  # (n_classes,)
    ```

    References:
        - [OT-GDD](https://arxiv.org/abs/2512.00308), transport in dataset
          distillation, between latents and between logits. The paper does not
          state `epsilon`; the defaults are ours
        - [Feydy et al., 2019](https://arxiv.org/abs/1810.08278), the
          divergence and its gradient
    """

    cacheable = False

    def __init__(self, epsilon: float = 0.05, num_iterations: int = 20) -> None:
        check_positive("epsilon", epsilon)
        check_positive_int("num_iterations", num_iterations)
        self.epsilon = float(epsilon)
        self.num_iterations = int(num_iterations)

    def get_config(self) -> dict[str, Any]:
        return {"epsilon": self.epsilon, "num_iterations": self.num_iterations}

    def summarize(
        self, features: Tensor, sample_weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        refuse_sample_weight(self, sample_weight)
        return {"features": features}

    def compare(self, summary: dict[str, Tensor], features: Tensor) -> Tensor:
        real = summary["features"]
        across = squared_distances(real, features)
        mean_cost = ops.mean(ops.stop_gradient(across), axis=(1, 2))
        epsilon = ops.maximum(self.epsilon * mean_cost, TINY)
        unit = epsilon[:, None, None]
        return epsilon * (
            self._transport(across / unit)
            - 0.5 * self._self_transport(squared_distances(real, real) / unit)
            - 0.5
            * self._self_transport(squared_distances(features, features) / unit)
        )

    # The functions below have costs and potentials in units of epsilon.

    def _transport(self, cost):
        """Computes OT between two sets."""
        fixed = ops.stop_gradient(cost)
        first = ops.zeros_like(fixed[:, :, :1])
        second = ops.zeros_like(fixed[:, :1, :])
        for _ in range(self.num_iterations):
            first = _soft_minimum(fixed - second, axis=2)
            second = _soft_minimum(fixed - first, axis=1)
        return _dual(first, second, cost)

    def _self_transport(self, cost):
        """Computes OT of a set onto itself, with two equal potentials."""
        fixed = ops.stop_gradient(cost)
        potential = ops.zeros_like(fixed[:, :, :1])
        for _ in range(self.num_iterations):
            swapped = ops.swapaxes(potential, 1, 2)
            # Half a step: full steps oscillate about the solution.
            update = _soft_minimum(fixed - swapped, axis=2)
            potential = 0.5 * (potential + update)
        return _dual(potential, ops.swapaxes(potential, 1, 2), cost)


def _soft_minimum(cost, axis):
    """Computes the smooth minimum under uniform weights."""
    count = math.log(cost.shape[axis])
    return count - ops.logsumexp(-cost, axis=axis, keepdims=True)


def _dual(first, second, cost):
    """Computes the dual objective. Its gradient by the cost is the plan."""
    mass = ops.mean(ops.exp(first + second - cost), axis=(1, 2))
    potentials = ops.mean(first, axis=(1, 2)) + ops.mean(second, axis=(1, 2))
    return potentials + 1.0 - mass
