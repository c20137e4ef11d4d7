"""Scores beside accuracy.

Accuracies and scores are fractions in [0, 1]. The two robust scores are those
of DD-Ranking. Its public board takes the best test accuracy of a training,
where `keras_tgdd.evaluate` takes that of the last epoch: figures from there
and from here do not compare.
"""

import dataclasses
import math

import numpy as np

from keras_tgdd.synthetic.distilled_dataset import DistilledDataset

__all__ = [
    "Storage",
    "augmentation_robust_score",
    "hard_label_recovery",
    "improvement_over_random",
    "label_robust_score",
    "storage",
]


def hard_label_recovery(full: float, distilled_hard: float) -> float:
    """What training on the distilled set with hard labels falls short of.

    Args:
        full: accuracy after training on all data.
        distilled_hard: accuracy after training on the distilled set with
            hard labels.

    Returns:
        `full - distilled_hard`; smaller is better.
    """
    _check(full=full, distilled_hard=distilled_hard)
    return full - distilled_hard


def improvement_over_random(distilled: float, random: float) -> float:
    """What the distilled set is better by than random real images.

    Args:
        distilled: accuracy after training on the distilled set.
        random: accuracy after the same training on as many random images.

    Returns:
        `distilled - random`.
    """
    _check(distilled=distilled, random=random)
    return distilled - random


def label_robust_score(
    full: float, distilled_hard: float, distilled: float, random: float
) -> float:
    """How good a distilled set is, whatever its labels and training.

    `(exp(α) - exp(-1)) / (exp(1) - exp(-1))` with α half of
    `improvement_over_random` less half of `hard_label_recovery`.

    Args:
        full: accuracy after training on all data.
        distilled_hard: accuracy on the distilled set with hard labels.
        distilled: accuracy on the distilled set as its method trains.
        random: accuracy of that training on as many random images.

    Returns:
        Score from 0 to 1; larger is better.

    References:
        - [DD-Ranking](https://arxiv.org/abs/2505.13300)
    """
    improvement = improvement_over_random(distilled, random)
    recovery = hard_label_recovery(full, distilled_hard)
    return _squash((improvement - recovery) / 2)


def augmentation_robust_score(
    distilled: float,
    random: float,
    distilled_plain: float,
    random_plain: float,
) -> float:
    """How good a distilled set is, with augmentation and without.

    `(exp(β) - exp(-1)) / (exp(1) - exp(-1))` with β the mean of the two
    improvements over random images.

    Args:
        distilled: accuracy on the distilled set, augmented.
        random: accuracy on as many random images, augmented.
        distilled_plain: accuracy on the distilled set, not augmented.
        random_plain: accuracy on as many random images, not augmented.

    Returns:
        Score from 0 to 1; larger is better.

    References:
        - [DD-Ranking](https://arxiv.org/abs/2505.13300)
    """
    with_it = improvement_over_random(distilled, random)
    _check(distilled_plain=distilled_plain, random_plain=random_plain)
    without = distilled_plain - random_plain
    return _squash((with_it + without) / 2)


@dataclasses.dataclass(frozen=True)
class Storage:
    """What a distilled set takes beside the data it stands for.

    Attributes:
        num_bytes: int, bytes of its images and labels as saved, soft ones
            included where it has them.
        compression_ratio: float, bytes of the real data over these.
    """

    num_bytes: int
    compression_ratio: float


def storage(distilled: DistilledDataset, x: np.ndarray) -> Storage:
    """Compares the bytes of a distilled set with those of the real images.

    Args:
        distilled: `DistilledDataset`; its pixels are float32.
        x: array of the real images, in the dtype in which they are kept.

    Returns:
        `Storage`.
    """
    num_bytes = distilled.images.nbytes + distilled.labels.nbytes
    if distilled.soft_labels is not None:
        num_bytes += distilled.soft_labels.nbytes
    return Storage(num_bytes, (x.nbytes + 8 * len(x)) / num_bytes)


def _squash(value):
    """Maps [-1, 1] to [0, 1], as DD-Ranking does."""
    low, high = math.exp(-1), math.exp(1)
    return (math.exp(value) - low) / (high - low)


def _check(**accuracies):
    for name, value in accuracies.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(
                f"`{name}` must be an accuracy in [0, 1], not in percent. "
                f"Received: {name}={value}"
            )
