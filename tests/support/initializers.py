"""Initializers that are not part of Keras."""

import keras
import numpy as np


class Ternary(keras.initializers.Initializer):
    """Draws -1, 0 and 1 from its seed."""

    def __init__(self, seed=None):
        self.seed = seed

    def __call__(self, shape, dtype=None):
        generator = np.random.default_rng(self.seed)
        return generator.integers(-1, 2, shape).astype("float32")

    def get_config(self):
        return {"seed": self.seed}
