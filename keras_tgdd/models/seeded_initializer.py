"""Initial weights that are the same on every backend."""

import contextlib
import contextvars
import math
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

import keras
import numpy as np

from keras_tgdd.arguments import Shape
from keras_tgdd.arguments import Tensor

# Standard deviation of a normal distribution cut at ±2.
_CUT_STD = 0.87962566103423978


@keras.saving.register_keras_serializable(package="keras_tgdd")
class SeededInitializer(keras.initializers.Initializer):
    """Draws what a Keras initializer draws, from NumPy.

    Keras draws from the generator of each backend, so that a seed means other
    weights on each. The distribution here is that of the initializer, the
    generator is NumPy's PCG64, and the values are equal on all backends.

    Args:
        initializer: `keras.initializers.Initializer`, or its serialized
            config: random uniform, normal and truncated normal, the family of
            variance scaling (Glorot, He, LeCun), and orthogonal.
        seed: int.

    Raises:
        ValueError: if the initializer is none of these.

    Example:

    ```python
    SeededInitializer(keras.initializers.HeNormal(), seed=1)((3, 3, 8, 16))
    ```
    """

    def __init__(
        self, initializer: keras.initializers.Initializer | dict, seed: int
    ) -> None:
        if isinstance(initializer, dict):
            initializer = keras.initializers.get(initializer)
        if not isinstance(initializer, tuple(_KINDS)):
            raise ValueError(
                "`initializer` must be one of "
                f"{sorted(kind.__name__ for kind in _KINDS)} or derived from "
                f"one. Received: {type(initializer).__name__}"
            )
        self.initializer = initializer
        self.seed = int(seed)

    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        draws = _DRAWS_SO_FAR.get()
        number = sum(draw.seed == self.seed for draw in draws or ())
        draw = Draw(self.initializer, self.seed, number, tuple(shape))
        if draws is not None:
            draws.append(draw)
        return keras.ops.convert_to_tensor(draw.values(), dtype or "float32")

    def get_config(self) -> dict[str, Any]:
        return {
            "initializer": keras.initializers.serialize(self.initializer),
            "seed": self.seed,
        }


class Draw(NamedTuple):
    """What the values of a weight are drawn from, by NumPy.

    Attributes:
        initializer: one that `SeededInitializer` takes.
        seed: int.
        number: int, how many weights were drawn from that seed before.
        shape: tuple of ints.
    """

    initializer: keras.initializers.Initializer
    seed: int
    number: int
    shape: tuple[int, ...]

    def values(self) -> np.ndarray:
        """Draws them, as a float64 array of that shape."""
        kind = next(k for k in _KINDS if isinstance(self.initializer, k))
        generator = np.random.default_rng(
            [self.seed, self.number] if self.number else self.seed
        )
        return _KINDS[kind](self.initializer, generator, self.shape)


# All draws within `counting_draws`.
_DRAWS_SO_FAR = contextvars.ContextVar("draws_so_far", default=None)


@contextlib.contextmanager
def counting_draws() -> Iterator[list[Draw]]:
    """Gives every weight values of its own where several share a seed.

    A layer that makes several weights by one initializer, such as the query,
    key and value of `MultiHeadAttention`, copies it with its seed.

    Yields:
        List that the draws are added to.
    """
    draws = []
    token = _DRAWS_SO_FAR.set(draws)
    try:
        yield draws
    finally:
        _DRAWS_SO_FAR.reset(token)


def supports(class_name: str) -> bool:
    """Whether the Keras initializer of a name can be drawn from NumPy."""
    kind = getattr(keras.initializers, class_name, None)
    return isinstance(kind, type) and issubclass(kind, tuple(_KINDS))


def _uniform(initializer, generator, shape):
    return generator.uniform(initializer.minval, initializer.maxval, shape)


def _normal(initializer, generator, shape):
    return generator.normal(initializer.mean, initializer.stddev, shape)


def _truncated_normal(initializer, generator, shape):
    values = _cut_normal(generator, shape)
    return initializer.mean + initializer.stddev * values


def _cut_normal(generator, shape):
    """Draws from a normal distribution, anew what lies beyond ±2."""
    values = generator.normal(size=shape)
    outside = np.abs(values) > 2
    while np.any(outside):
        values[outside] = generator.normal(size=np.count_nonzero(outside))
        outside = np.abs(values) > 2
    return values


def _variance_scaling(initializer, generator, shape):
    fan_in, fan_out = _fans(shape)
    fan = {
        "fan_in": fan_in,
        "fan_out": fan_out,
        "fan_avg": (fan_in + fan_out) / 2,
    }[initializer.mode]
    variance = initializer.scale / max(1.0, fan)
    if initializer.distribution == "uniform":
        limit = math.sqrt(3 * variance)
        return generator.uniform(-limit, limit, shape)
    if initializer.distribution == "untruncated_normal":
        return generator.normal(0.0, math.sqrt(variance), shape)
    return _cut_normal(generator, shape) * (math.sqrt(variance) / _CUT_STD)


def _orthogonal(initializer, generator, shape):
    rows, columns = math.prod(shape[:-1]), shape[-1]
    values = generator.normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(values)
    q = q * np.sign(np.diag(r))
    if rows < columns:
        q = q.T
    return initializer.gain * q.reshape(shape)


def _fans(shape):
    """Inputs and outputs of a unit, as Keras counts them."""
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    receptive = math.prod(shape[:-2])
    return shape[-2] * receptive, shape[-1] * receptive


_KINDS = {
    keras.initializers.RandomUniform: _uniform,
    keras.initializers.RandomNormal: _normal,
    keras.initializers.TruncatedNormal: _truncated_normal,
    keras.initializers.VarianceScaling: _variance_scaling,
    keras.initializers.Orthogonal: _orthogonal,
}
