"""The base of where the inputs of steps come from."""

from abc import ABC
from abc import abstractmethod
from typing import Any

from keras_tgdd.distillation.parts import DistillationParts
from keras_tgdd.distillation.step_batches import StepBatches

# The draws that no step sees have a seed of their own, `[seed, HELD_OUT]`.
HELD_OUT = 1


class StepSource(ABC):
    """Makes the batches that `DistillationTrainer.fit` reads.

    Args:
        parts: `DistillationParts`.

    Attributes:
        parts: `DistillationParts`.
        real_per_class: int, real images per class that networks read in a
            step.
    """

    real_per_class: int = 0

    def __init__(self, parts: DistillationParts) -> None:
        self.parts = parts

    @property
    @abstractmethod
    def identity(self) -> str:
        """A digest of the real data, or of what was summarized and how."""

    @abstractmethod
    def steps(
        self, first_step: int, num_steps: int, holding_out: bool = False
    ) -> StepBatches:
        """Returns the batches of a number of steps.

        Args:
            first_step: int, number of the first step.
            num_steps: int.
            holding_out: whether the entries of `held_out` are left out.
                Defaults to `False`.
        """

    @abstractmethod
    def held_out(self) -> StepBatches:
        """Returns batches of draws that no step sees."""

    def smallest_inputs(self) -> dict[str, Any]:
        """Returns the inputs of the cheapest step, for a first call. By
        default those of the first step."""
        (inputs,) = self.steps(0, 1)[0]
        return inputs
