"""Scores of DD-Ranking, and storage.

Accuracies are fractions in [0, 1]. DD-Ranking's leaderboard uses the best test
accuracy of a training, `keras_tgdd.evaluate` the accuracy after the last epoch:
scores from the two sources are not comparable.
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
    """Returns the accuracy lost to full data by training with hard labels.

    Args:
        full: accuracy after training on all data.
        distilled_hard: accuracy after training on the distilled set with
            hard labels.

    Returns:
        `full - distilled_hard`; smaller is better.

    Raises:
        ValueError: if an accuracy is outside [0, 1].
    """
    _check(full=full, distilled_hard=distilled_hard)
    return full - distilled_hard


def improvement_over_random(distilled: float, random: float) -> float:
    """Returns the accuracy gained over randomly selected real images.

    Args:
        distilled: accuracy after training on the distilled set.
        random: accuracy after the same training on as many random images.

    Returns:
        `distilled - random`; larger is better.

    Raises:
        ValueError: if an accuracy is outside [0, 1].
    """
    _check(distilled=distilled, random=random)
    return distilled - random


def label_robust_score(
    full: float, distilled_hard: float, distilled: float, random: float
) -> float:
    """Scores a distilled set independently of its labels and training.

    `(exp(α) - exp(-1)) / (exp(1) - exp(-1))`, with
    `α = (improvement_over_random - hard_label_recovery) / 2`.

    Args:
        full: accuracy after training on all data.
        distilled_hard: accuracy on the distilled set with hard labels.
        distilled: accuracy on the distilled set with the method's own labels
            and training.
        random: accuracy of the same training on as many random images.

    Returns:
        Score in [0, 1]; larger is better.

    Raises:
        ValueError: if an accuracy is outside [0, 1].

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
    """Scores a distilled set with and without augmentation.

    `(exp(β) - exp(-1)) / (exp(1) - exp(-1))`, with β the mean of the
    improvements over random images in the two cases.

    Args:
        distilled: accuracy on the distilled set, with augmentation.
        random: accuracy on as many random images, with augmentation.
        distilled_plain: accuracy on the distilled set, without augmentation.
        random_plain: accuracy on as many random images, without augmentation.

    Returns:
        Score in [0, 1]; larger is better.

    Raises:
        ValueError: if an accuracy is outside [0, 1].

    References:
        - [DD-Ranking](https://arxiv.org/abs/2505.13300)
    """
    augmented = improvement_over_random(distilled, random)
    _check(distilled_plain=distilled_plain, random_plain=random_plain)
    plain = distilled_plain - random_plain
    return _squash((augmented + plain) / 2)


@dataclasses.dataclass(frozen=True)
class Storage:
    """Size of a distilled set, in bytes and relative to the real data.

    Attributes:
        num_bytes: int, bytes of the saved images and labels, including soft
            labels.
        compression_ratio: float, bytes of the real data divided by
            `num_bytes`.
    """

    num_bytes: int
    compression_ratio: float


def storage(distilled: DistilledDataset, x: np.ndarray) -> Storage:
    """Compares the size of a distilled set with the size of the real data.

    Args:
        distilled: `DistilledDataset`; its pixels are float32.
        x: array of shape `(n, height, width, channels)`, the real images in
            the dtype in which they are stored. Eight bytes per image are
            added for its label.

    Returns:
        `Storage`.
    """
    num_bytes = distilled.images.nbytes + distilled.labels.nbytes
    soft_labels = distilled.soft_labels
    if soft_labels is not None:
        num_bytes += soft_labels.nbytes
    return Storage(num_bytes, (x.nbytes + 8 * len(x)) / num_bytes)


def _squash(value):
    """Maps [-1, 1] to [0, 1] as in DD-Ranking."""
    low, high = math.exp(-1), math.exp(1)
    return (math.exp(value) - low) / (high - low)


def _check(**accuracies):
    for name, value in accuracies.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(
                f"`{name}` must be an accuracy in [0, 1], not in percent. "
                f"Received: {name}={value}"
            )
