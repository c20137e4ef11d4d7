"""Names for what type hints say again and again."""

import os
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import keras

# A tensor of the running backend; there is no common class for the three.
Tensor = Any
PathLike = str | os.PathLike[str]
Shape = tuple[int | None, ...]
# Anything numpy.random.SeedSequence takes.
Seed = int | list[int]
# One number for all classes, or one for each by position, label or name.
ImagesPerClass = int | Sequence[int] | Mapping[int | str, int]
# (input_shape, num_classes) -> a functional classifier.
NetworkFn = Callable[[tuple[int, ...], int], keras.Model]
