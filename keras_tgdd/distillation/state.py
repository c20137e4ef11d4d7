"""What a step changes: the parameterisation and the optimizer's variables."""

from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from keras_tgdd.synthetic.parameterization import Parameterization


class DistillationState:
    """Reads, writes and counts what the steps of a distillation change.

    Args:
        synthetic: `Parameterization`.
        optimizer: `keras.optimizers.Optimizer` with built variables.
    """

    def __init__(
        self,
        synthetic: Parameterization,
        optimizer: keras.optimizers.Optimizer,
    ) -> None:
        self.synthetic = synthetic
        self._optimizer = optimizer

    @property
    def steps_made(self) -> int:
        """Steps made so far."""
        return steps_made(self._optimizer)

    def read(self) -> dict[str, np.ndarray]:
        """Copies everything that a step changes.

        Returns:
            Dict of arrays, by the names that a checkpoint's file uses.
        """
        return {
            name: np.array(ops.convert_to_numpy(variable.value))
            for name, variable in self._variables().items()
        }

    def write(self, value_of: Callable[[str], np.ndarray]) -> None:
        """Restores what `read` copied.

        Args:
            value_of: function from a name to its array.
        """
        for name, variable in self._variables().items():
            variable.assign(value_of(name))

    def _variables(self):
        variables = dict(self.synthetic.state)
        for number, variable in enumerate(self._optimizer.variables):
            variables[f"optimizer_{number:04d}"] = variable
        return variables


def steps_made(optimizer: keras.optimizers.Optimizer) -> int:
    """Returns how many steps an optimizer has made."""
    return int(ops.convert_to_numpy(optimizer.iterations.value))
