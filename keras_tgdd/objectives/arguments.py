"""Checks of the arguments of objectives."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_positive


def check_sequence(name: str, value: Any) -> None:
    """Raises `ValueError` unless `value` is a sequence that is not empty."""
    # Strings and sets have 0 axes here.
    if np.ndim(value) != 1 or not len(value):
        raise ValueError(
            f"`{name}` must be a sequence of at least one number. Received: "
            f"{name}={value!r}"
        )


def checked_bandwidths(value: Sequence[float]) -> tuple[float, ...]:
    """Returns multiples of a base bandwidth as a tuple of floats.

    Raises:
        ValueError: if there is none, or one is not a finite number above 0.
    """
    check_sequence("bandwidths", value)
    for bandwidth in value:
        check_positive("bandwidths", bandwidth)
    return tuple(float(bandwidth) for bandwidth in value)


def refuse_sample_weight(
    objective: object, sample_weight: Tensor | None
) -> None:
    """Raises `ValueError` if features come with weights.

    Args:
        objective: `Objective`, named in the message.
        sample_weight: tensor or `None`.
    """
    if sample_weight is not None:
        raise ValueError(
            f"{type(objective).__name__} counts every sample of a class once; "
            "leave out the features that are padding. Received: a "
            "`sample_weight`"
        )
