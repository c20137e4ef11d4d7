"""Random generators that depend on a seed and a number alone."""

import numpy as np

from keras_tgdd.arguments import Seed


class Draws:
    """Makes a counter-based generator for each number of each kind.

    The three backends see the same draws, and a run can continue from any
    number.

    Args:
        seed: int, or list of ints.
    """

    def __init__(self, seed: Seed) -> None:
        self._key = np.random.SeedSequence(seed).generate_state(2, np.uint64)

    def generator(self, kind: int, number: int) -> np.random.Generator:
        """Returns the generator of a number, such as a step.

        Args:
            kind: int, tells apart what is numbered from 0 each.
            number: int.
        """
        counter = np.array([0, 0, kind, number], np.uint64)
        return np.random.Generator(
            np.random.Philox(counter=counter, key=self._key)
        )
