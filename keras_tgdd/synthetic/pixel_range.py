"""The constraint that keeps pixels displayable."""

from typing import Any

import keras
from keras import ops

from keras_tgdd.arguments import Tensor


@keras.saving.register_keras_serializable(package="keras_tgdd")
class PixelRange(keras.constraints.Constraint):
    """Clips a weight to an interval after every optimizer step.

    Published code clips once an iteration, after the steps of all classes;
    here one step serves all classes, so both are the same moment.

    Args:
        min_value: float, the smallest value allowed. Defaults to `0.0`.
        max_value: float, the largest value allowed. Defaults to `1.0`.

    Raises:
        ValueError: if `min_value` is not below `max_value`.
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0) -> None:
        if not min_value < max_value:
            raise ValueError(
                "`min_value` must be below `max_value`. Received: "
                f"min_value={min_value}, max_value={max_value}"
            )
        self.min_value = min_value
        self.max_value = max_value

    def __call__(self, w: Tensor) -> Tensor:
        return ops.clip(w, self.min_value, self.max_value)

    def get_config(self) -> dict[str, Any]:
        return {"min_value": self.min_value, "max_value": self.max_value}
