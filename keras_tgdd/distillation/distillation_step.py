"""The base of what a distillation computes in each of its steps."""

from abc import ABC
from abc import abstractmethod
from typing import Any

from keras_tgdd.arguments import Tensor
from keras_tgdd.distillation.parts import DistillationParts
from keras_tgdd.distillation.step_source import StepSource


class DistillationStep(ABC):
    """What one step reads, and the losses that it descends on.

    A `DistillationTrainer` makes its step from the parts of the distillation
    (`step=`), asks it for the source of its inputs, and minimises
    `Σ_name weight[name] · Σ_c losses[name][c]`, with a metric per name.

    Subclassing: set `loss_names` and write `source` and `losses`. `losses` is
    compiled: use `keras.ops`, and take everything random from the inputs.
    Override `loss_weights` where a loss has a factor, `pixels` for the choice
    of compilation, and `compile_parts` where parts of the step are compiled
    as programs of their own.

    Args:
        parts: `DistillationParts`.

    Attributes:
        parts: `DistillationParts`.
        loss_names: tuple of strings, names of all losses, which are metrics
            of the trainer.
    """

    loss_names: tuple[str, ...] = ()

    def __init__(self, parts: DistillationParts) -> None:
        self.parts = parts

    @abstractmethod
    def source(self, data: Any) -> StepSource:
        """Returns where the inputs of steps come from.

        Args:
            data: what `DistillationTrainer.fit` was given.

        Raises:
            TypeError, ValueError: if the data do not fit the parts.
        """

    @abstractmethod
    def losses(self, inputs: dict[str, Any]) -> dict[str, Tensor]:
        """Computes the losses of a step, by name.

        Args:
            inputs: dict of tensors, one item of the source's batches.

        Returns:
            Dict from names in `loss_names` to float32 tensors of shape
            `(n_classes,)`. A name may be left out.
        """

    @property
    def loss_weights(self) -> dict[str, float]:
        """Factors of the losses; a name that is missing has factor 1."""
        return {}

    def pixels(self, source: StepSource) -> int:
        """Returns how many pixels networks read in a step, by which the
        compilation is chosen.

        Args:
            source: `StepSource`.
        """
        return self.parts.pixels_in_step(source.real_per_class)

    def compile_parts(self) -> bool:
        """Compiles parts of the step separately, where that is needed.

        Called on PyTorch before the first step, where the step's call would
        otherwise be compiled as one program.

        Returns:
            Whether it did, so that the call is left as it is.
        """
        return False


def check_losses(name: str, losses: Tensor, parts: DistillationParts) -> None:
    """Refuses losses that would broadcast over the classes.

    Args:
        name: string, name of the losses.
        losses: tensor that a step returned.
        parts: `DistillationParts`.

    Raises:
        ValueError: if there is not one value per class.
    """
    shape = tuple(losses.shape)
    if len(shape) != 1 or shape[0] not in (None, parts.num_classes):
        raise ValueError(
            f"The loss {name!r} of a step must have one value per class, shape "
            f"({parts.num_classes},); the objective is "
            f"{type(parts.objective).__name__}. Received: shape={shape}"
        )
