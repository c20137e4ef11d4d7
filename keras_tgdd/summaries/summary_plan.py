"""Which summaries of the real data a distillation will need."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from keras_tgdd.checks import check_positive_int


@dataclasses.dataclass(frozen=True)
class SummaryPlan:
    """A finite number of (expert, stage, draw) triples.

    A live step draws an expert, a stage of its training, real images and an
    augmentation; a plan makes `num_entries` such draws beforehand. Stages are
    taken in turn, in random order, so that none is drawn twice before each
    was drawn once. Four entries a stage serve as well as endless ones.

    Attributes:
        num_entries: positive int, number of triples.
        seed: int, seed of all draws. Defaults to `0`.

    Raises:
        ValueError: if `num_entries` is not a positive integer.
    """

    num_entries: int
    seed: int = 0

    def __post_init__(self):
        check_positive_int("num_entries", self.num_entries)

    def stages(
        self, num_snapshots: Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws experts and stages.

        Args:
            num_snapshots: sequence of ints, snapshots of each expert.

        Returns:
            Two int32 arrays of shape `(num_entries,)`: experts, and stages of
            them.
        """
        pairs = np.array(
            [
                (expert, stage)
                for expert, count in enumerate(num_snapshots)
                for stage in range(count)
            ],
            "int32",
        )
        generator = np.random.default_rng([self.seed, 0])
        rounds = -(-self.num_entries // len(pairs))
        order = [generator.permutation(len(pairs)) for _ in range(rounds)]
        chosen = pairs[np.concatenate(order)[: self.num_entries]]
        return chosen[:, 0], chosen[:, 1]

    def generator(self, entry: int) -> np.random.Generator:
        """Returns the generator of an entry's images and augmentation."""
        return np.random.default_rng([self.seed, 1, entry])
