"""Variables of a model that survive an error of the backend."""

import contextlib
from collections.abc import Iterator

import keras
import numpy as np
from keras import ops


@contextlib.contextmanager
def keeping_state(model: keras.Model) -> Iterator[None]:
    """Restores variables that an error left without a value.

    On JAX a compiled step takes the values out of a model's variables and
    puts them back at the end of an epoch. An error before the end of the first
    step would lose them. Values that later steps computed are kept.

    Args:
        model: `keras.Model`. If it is compiled, the variables of its
            optimizer and metrics are restored, too.
    """
    saved = [(variable, _copy(variable)) for variable in _variables(model)]
    try:
        yield
    except BaseException:
        for variable, value in saved:
            if value is not None and _copy(variable) is None:
                variable.assign(value)
        raise


def _variables(model):
    """All variables, those of metrics and of the optimizer included."""
    found = [*model.variables, *model.metrics_variables]
    optimizer = getattr(model, "optimizer", None)  # there after `compile`
    if optimizer is not None:
        found.extend(optimizer.variables)
    return list({id(variable): variable for variable in found}.values())


def _copy(variable):
    """The value as an array, or `None` where it has none."""
    try:
        return np.array(ops.convert_to_numpy(variable.value))
    except (TypeError, ValueError, RuntimeError, AttributeError):
        return None
