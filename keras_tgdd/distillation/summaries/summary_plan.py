"""Which summaries of the real data are computed beforehand."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from keras_tgdd.arguments import check_positive_int


@dataclasses.dataclass(frozen=True)
class SummaryPlan:
    """A finite number of (expert, stage, draw) triples.

    A live step draws an expert, a stage of its training, real images and an
    augmentation; a plan makes `num_entries` such draws beforehand. Stages are
    taken in turn, in random order: none is drawn twice before each was drawn
    once. Four entries per stage serve as well as live draws.

    Attributes:
        num_entries: positive int, number of triples.
        seed: int, seed of all draws. Defaults to `0`.
        snapshots: optional tuple of ints, the snapshots of an expert that
            take part; negative ones count from the last. `None`, the
            default, takes all.

    Raises:
        ValueError: if `num_entries` is not a positive integer.
    """

    num_entries: int
    seed: int = 0
    snapshots: tuple[int, ...] | None = None

    def __post_init__(self):
        check_positive_int("num_entries", self.num_entries)

    def describe(self) -> list:
        """Returns the settings, JSON-compatible."""
        settings: list = [self.num_entries, self.seed]
        if self.snapshots is not None:
            settings.append(list(self.snapshots))
        return settings

    def stages(
        self, num_snapshots: Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws experts and stages.

        Args:
            num_snapshots: sequence of ints, snapshots of each expert.

        Returns:
            Two int32 arrays of shape `(num_entries,)`: experts, and stages of
            them.

        Raises:
            ValueError: if an expert lacks one of `snapshots`.
        """
        pairs = np.array(
            [
                (expert, stage)
                for expert, count in enumerate(num_snapshots)
                for stage in self._of_expert(count)
            ],
            "int32",
        )
        generator = np.random.default_rng([self.seed, 0])
        rounds = -(-self.num_entries // len(pairs))
        order = [generator.permutation(len(pairs)) for _ in range(rounds)]
        chosen = pairs[np.concatenate(order)[: self.num_entries]]
        return chosen[:, 0], chosen[:, 1]

    def _of_expert(self, count):
        """The snapshots that take part, of an expert with so many."""
        if self.snapshots is None:
            return range(count)
        if not all(-count <= stage < count for stage in self.snapshots):
            raise ValueError(
                f"`snapshots` must lie in [-{count}, {count}), as every "
                f"expert has {count}. Received: snapshots={self.snapshots}"
            )
        return sorted({stage % count for stage in self.snapshots})

    def generator(self, entry: int) -> np.random.Generator:
        """Returns the generator of an entry's images and augmentation."""
        return np.random.default_rng([self.seed, 1, entry])
