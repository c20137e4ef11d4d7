"""The constraint that keeps pixels displayable."""

import keras
from keras import ops


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

    def __init__(self, min_value=0.0, max_value=1.0):
        if not min_value < max_value:
            raise ValueError(
                "`min_value` must be below `max_value`. Received: "
                f"min_value={min_value}, max_value={max_value}"
            )
        self.min_value = min_value
        self.max_value = max_value

    def __call__(self, w):
        return ops.clip(w, self.min_value, self.max_value)

    def get_config(self):
        return {"min_value": self.min_value, "max_value": self.max_value}
