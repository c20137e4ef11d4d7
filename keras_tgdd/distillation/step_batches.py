"""What the batches of steps have in common, wherever the data come from."""

from abc import ABC
from abc import abstractmethod
from typing import Any

import keras
import numpy as np

from keras_tgdd.arguments import Seed
from keras_tgdd.datasets.real_images import smallest_in_turn
from keras_tgdd.distillation.parts import DistillationParts
from keras_tgdd.runtime.draws import Draws


class StepBatches(keras.utils.PyDataset, ABC):
    """Numbers steps, and draws which synthetic images each of them uses.

    Args:
        parts: `DistillationParts`.
        seed: int, or list of ints.
        first_step: int, number of the first step.
        num_steps: int, how many steps follow.
    """

    def __init__(
        self,
        parts: DistillationParts,
        *,
        seed: Seed,
        first_step: int,
        num_steps: int,
    ) -> None:
        super().__init__()
        self.parts = parts
        # With a region of one stage the constraint reads the same weights.
        self.second_network = parts.networks_in_step > 1
        self.draws = Draws(seed)
        self.first_step = first_step
        self.num_steps = num_steps

    def __len__(self):
        return self.num_steps

    @abstractmethod
    def __getitem__(self, index: int) -> tuple[dict[str, Any]]:
        """Returns the inputs of a step, as a tuple of one dict.

        Args:
            index: int, position among these steps.
        """

    @abstractmethod
    def describe(self, index: int) -> str:
        """Says under which weights a step reads features, for messages.

        Args:
            index: int, position among these steps.
        """

    def select(self, generator: np.random.Generator) -> dict[str, Any]:
        """Draws which decoded synthetic images a step uses.

        A class with fewer images than the largest repeats its images
        cyclically, so that some count once more than others; each step draws
        again which ones.

        Returns:
            A dict with `"selection"`, int32 of shape
            `(n_classes, n_selected)`; empty where all are used, once.
        """
        counts = np.asarray(self.parts.synthetic.decoded_counts)
        most = int(counts.max())
        width = min(most, self.parts.max_decoded)
        if most == width and np.all(counts == most):
            return {}
        keys = generator.random((len(counts), most))
        selection = smallest_in_turn(keys, counts, width)
        return {"selection": selection.astype("int32")}
