"""One network of a `NetworkQueue`."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class QueuedNetwork:
    """The weights of a network, and how its trainings went.

    Attributes:
        weights: float32 array of shape `(num_weights,)`.
        accuracies: float, sum of the training accuracies in [0, 1] of all
            trainings. Defaults to `0.0`.
        trainings: int, how often the network was trained. Defaults to `0`.
    """

    weights: np.ndarray
    accuracies: float = 0.0
    trainings: int = 0

    @property
    def accuracy(self) -> float:
        """Mean accuracy over all trainings, in [0, 1]; 0 before the first."""
        return self.accuracies / max(1, self.trainings)
