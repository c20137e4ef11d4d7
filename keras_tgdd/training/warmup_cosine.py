"""A learning-rate schedule with warm-up and a cosine."""

import math
from typing import Any

import keras
from keras import ops

from keras_tgdd.arguments import Tensor


@keras.saving.register_keras_serializable(package="keras_tgdd")
class WarmupCosine(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up to `peak`, then half a cosine down to zero.

    The values equal those of `keras.optimizers.schedules.CosineDecay` with a
    warm-up from zero. This class has no branches, at which PyTorch recompiles
    the step until it stops compiling.

    Args:
        peak: float, the highest learning rate.
        warmup_steps: int, steps of the warm-up; `0` starts at `peak`.
        total_steps: int, steps of the whole training; the rate is zero from
            this step on.
    """

    def __init__(
        self, peak: float, warmup_steps: int, total_steps: int
    ) -> None:
        self.peak = peak
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps

    def __call__(self, step: Tensor) -> Tensor:
        step = ops.cast(step, "float32")
        rising = step / max(1, self.warmup_steps)
        falling = (step - self.warmup_steps) / max(
            1, self.total_steps - self.warmup_steps
        )
        falling = ops.minimum(ops.maximum(falling, 0.0), 1.0)
        cosine = 0.5 * (1.0 + ops.cos(math.pi * falling))
        if self.warmup_steps:
            cosine = ops.minimum(cosine, rising)
        return self.peak * cosine

    def get_config(self) -> dict[str, Any]:
        return {
            "peak": self.peak,
            "warmup_steps": self.warmup_steps,
            "total_steps": self.total_steps,
        }
