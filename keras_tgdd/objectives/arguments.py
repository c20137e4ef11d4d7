"""Refusal of what objectives cannot work with."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from keras_tgdd.annotations import Tensor

if TYPE_CHECKING:
    from keras_tgdd.objectives.objective import Objective


def check_positive(name: str, value: Any) -> None:
    """Raises `ValueError` unless `value` is a finite number above 0."""
    is_number = isinstance(value, (int, float, np.number))
    if (
        not is_number
        or isinstance(value, bool)
        or not np.isfinite(value)
        or value <= 0
    ):
        raise ValueError(
            f"`{name}` must be a finite number above 0. Received: "
            f"{name}={value!r}"
        )


def checked_bandwidths(value: Sequence[float]) -> tuple[float, ...]:
    """Returns multiples of a base bandwidth as a tuple of floats.

    Raises:
        ValueError: if there is none, or one is not a finite number above 0.
    """
    if isinstance(value, str) or not np.iterable(value) or not len(value):
        raise ValueError(
            "`bandwidths` must be a sequence of at least one number. "
            f"Received: bandwidths={value!r}"
        )
    for bandwidth in value:
        check_positive("bandwidths", bandwidth)
    return tuple(float(bandwidth) for bandwidth in value)


def refuse_sample_weight(
    objective: "Objective", sample_weight: Tensor | None
) -> None:
    """Raises `ValueError` if features come with weights."""
    if sample_weight is not None:
        raise ValueError(
            f"{type(objective).__name__} counts every sample of a class once; "
            "leave out the features that only fill the tensor. Received: a "
            "`sample_weight`"
        )
