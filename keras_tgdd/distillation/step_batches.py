"""What the steps of a distillation have in common, wherever data come from."""

from typing import Any

import keras
import numpy as np

from keras_tgdd.arguments import Seed
from keras_tgdd.datasets.real_images import smallest_in_turn
from keras_tgdd.runtime.draws import Draws
from keras_tgdd.trajectories.trajectory import Trajectory


class StepBatches(keras.utils.PyDataset):
    """Numbers steps, and completes the inputs of each.

    Args:
        trajectory: `Trajectory`.
        decoded_counts: int array of shape `(n_classes,)`, decoded synthetic
            images of each class.
        max_decoded: int, the most of them used in a step.
        region: int, length of the expert region.
        constrained: bool, whether constraint weights are wanted.
        seed: int, or list of ints.
        first_step: int, number of the first step.
        num_steps: int, how many steps follow.
    """

    def __init__(
        self,
        trajectory: Trajectory,
        decoded_counts: np.ndarray,
        max_decoded: int,
        region: int,
        constrained: bool,
        seed: Seed,
        first_step: int,
        num_steps: int,
    ) -> None:
        super().__init__()
        self.trajectory = trajectory
        self.decoded_counts = np.asarray(decoded_counts)
        self.max_decoded = max_decoded
        self.region = region
        # With a region of one stage the constraint reads the same weights.
        self.second_network = constrained and region > 1
        self.draws = Draws(seed)
        self.first_step = first_step
        self.num_steps = num_steps

    def __len__(self):
        return self.num_steps

    def describe(self, index: int) -> str:
        """Says under which weights a step reads features, for messages.

        Args:
            index: int, position among these steps.
        """
        raise NotImplementedError

    def select(self, generator: np.random.Generator) -> dict[str, Any]:
        """Draws which decoded synthetic images a step uses.

        A class of fewer than the others gives each of its own in turn, so
        that some count once more than others; which, every step draws anew.

        Returns:
            A dict with `"selection"`, int32 of shape
            `(n_classes, n_selected)`; empty where all are used, once.
        """
        counts = self.decoded_counts
        most = int(counts.max())
        width = min(most, self.max_decoded)
        if most == width and np.all(counts == most):
            return {}
        keys = generator.random((len(counts), most))
        selection = smallest_in_turn(keys, counts, width)
        return {"selection": selection.astype("int32")}
