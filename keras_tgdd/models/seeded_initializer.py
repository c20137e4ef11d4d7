"""Initial weights that are the same on every backend."""

import contextlib
import contextvars
import dataclasses
import math
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_tgdd.arguments import Tensor

# Standard deviation of a standard normal distribution truncated at ±2.
_TRUNCATED_STD = 0.87962566103423978


@keras.saving.register_keras_serializable(package="keras_tgdd")
class SeededInitializer(keras.initializers.Initializer):
    """Draws the values of a Keras initializer from NumPy.

    Keras draws from the random generator of each backend, so the same seed
    gives different weights on each. This initializer has the distribution of
    the Keras initializer and draws from NumPy's PCG64, so the same seed gives
    equal weights on all backends.

    Args:
        initializer: `keras.initializers.Initializer`, or its serialized
            config. Supported are random uniform, normal and truncated normal,
            variance scaling (Glorot, He, LeCun), and orthogonal.
        seed: int.

    Raises:
        ValueError: if the initializer is not supported.

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
        if not isinstance(initializer, tuple(_DISTRIBUTIONS)):
            raise ValueError(
                "`initializer` must be one of "
                f"{sorted(kind.__name__ for kind in _DISTRIBUTIONS)} or a "
                f"subclass of one. Received: {type(initializer).__name__}"
            )
        self.initializer = initializer
        self.seed = int(seed)

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Tensor:
        record = _RECORD.get()
        if record is None:
            values = Draw(self.initializer, self.seed, 0, tuple(shape)).values()
        else:
            values = record.draw(self.initializer, self.seed, tuple(shape))
        return keras.ops.convert_to_tensor(values, dtype or "float32")

    def get_config(self) -> dict[str, Any]:
        return {
            "initializer": keras.initializers.serialize(self.initializer),
            "seed": self.seed,
        }


@dataclasses.dataclass(frozen=True)
class Draw:
    """Everything that decides the initial values of one weight.

    Attributes:
        initializer: an initializer that `SeededInitializer` supports.
        seed: int.
        number: int, how many weights the same seed initialized before.
        shape: tuple of ints.
    """

    initializer: keras.initializers.Initializer
    seed: int
    number: int
    shape: tuple[int, ...]

    def values(self) -> np.ndarray:
        """Draws the values, a float64 array of shape `shape`."""
        distribution = next(
            function
            for kind, function in _DISTRIBUTIONS.items()
            if isinstance(self.initializer, kind)
        )
        generator = np.random.default_rng(
            [self.seed, self.number] if self.number else self.seed
        )
        return distribution(self.initializer, generator, self.shape)


class DrawRecord:
    """The draws of the initial weights of one network, in order.

    The record numbers the draws of each seed, so that weights that share a
    seed get different values: a layer that initializes several weights, such
    as the query, key and value of `MultiHeadAttention`, copies its
    initializer together with the seed.

    Args:
        marking: whether weights are filled with the mark of their draw in
            place of its values. A mark names the draw in the finished
            network, wherever the layer has put the weight.

    Attributes:
        draws: list of `Draw`.
    """

    def __init__(self, marking: bool = False) -> None:
        self.marking = marking
        self.draws: list[Draw] = []

    def draw(
        self,
        initializer: keras.initializers.Initializer,
        seed: int,
        shape: tuple[int, ...],
    ) -> np.ndarray:
        """Adds a draw and returns its values, or its mark in every place."""
        number = sum(former.seed == seed for former in self.draws)
        draw = Draw(initializer, seed, number, shape)
        self.draws.append(draw)
        if self.marking:
            return np.full(shape, float(_FIRST_MARK + len(self.draws) - 1))
        return draw.values()

    def marked(self, weight: np.ndarray) -> Draw | None:
        """Returns the draw whose mark fills a weight, or `None`.

        Args:
            weight: array from a network that was built with `marking`.
        """
        if not weight.size or np.any(weight != weight.flat[0]):
            return None
        position = float(weight.flat[0]) - _FIRST_MARK
        if not position.is_integer() or not 0 <= position < len(self.draws):
            return None
        return self.draws[int(position)]


# Marks are integers from here on: exact in float32, and no usual constant.
_FIRST_MARK = 2**20
# The record of the network that is being built.
_RECORD: contextvars.ContextVar[DrawRecord | None] = contextvars.ContextVar(
    "draw_record", default=None
)


@contextlib.contextmanager
def recording_draws(marking: bool = False) -> Iterator[DrawRecord]:
    """Records the draws of a network that is built in this context.

    Args:
        marking: as in `DrawRecord`. Defaults to `False`.

    Yields:
        `DrawRecord`.
    """
    record = DrawRecord(marking)
    token = _RECORD.set(record)
    try:
        yield record
    finally:
        _RECORD.reset(token)


def supports(class_name: str) -> bool:
    """Whether `SeededInitializer` supports the Keras initializer of a name."""
    kind = getattr(keras.initializers, class_name, None)
    return isinstance(kind, type) and issubclass(kind, tuple(_DISTRIBUTIONS))


def _uniform(initializer, generator, shape):
    return generator.uniform(initializer.minval, initializer.maxval, shape)


def _normal(initializer, generator, shape):
    return generator.normal(initializer.mean, initializer.stddev, shape)


def _truncated_normal(initializer, generator, shape):
    values = _cut_normal(generator, shape)
    return initializer.mean + initializer.stddev * values


def _cut_normal(generator, shape):
    """Draws standard normal values, again where they lie beyond ±2."""
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
    scale = math.sqrt(variance) / _TRUNCATED_STD
    return _cut_normal(generator, shape) * scale


def _orthogonal(initializer, generator, shape):
    rows, columns = math.prod(shape[:-1]), shape[-1]
    values = generator.normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(values)
    q = q * np.sign(np.diag(r))
    if rows < columns:
        q = q.T
    return initializer.gain * q.reshape(shape)


def _fans(shape):
    """Returns the inputs and outputs of a unit, counted as Keras does."""
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    receptive = math.prod(shape[:-2])
    return shape[-2] * receptive, shape[-1] * receptive


_DISTRIBUTIONS: dict[type, Callable[..., np.ndarray]] = {
    keras.initializers.RandomUniform: _uniform,
    keras.initializers.RandomNormal: _normal,
    keras.initializers.TruncatedNormal: _truncated_normal,
    keras.initializers.VarianceScaling: _variance_scaling,
    keras.initializers.Orthogonal: _orthogonal,
}
