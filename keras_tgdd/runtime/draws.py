"""Random generators that depend only on a seed and a number."""

import numpy as np

from keras_tgdd.arguments import Seed


class Draws:
    """Counter-based generators, one for each kind of draw and each number.

    The three backends use the same draws, and a run can resume from any
    number.

    Args:
        seed: int, or list of ints.
    """

    def __init__(self, seed: Seed) -> None:
        self._key = np.random.SeedSequence(seed).generate_state(2, np.uint64)

    def generator(self, kind: int, number: int) -> np.random.Generator:
        """Returns the generator of a number.

        Args:
            kind: int, the kind of draw. Each kind counts its numbers from 0.
            number: int, such as a step.
        """
        counter = np.array([0, 0, kind, number], np.uint64)
        return np.random.Generator(
            np.random.Philox(counter=counter, key=self._key)
        )
