"""Synthetic and real images as an expert sees them, in two dimensions."""

import dataclasses
import math

import numpy as np
from sklearn.decomposition import PCA

from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories

_REAL_PER_CLASS = 200


@dataclasses.dataclass(frozen=True)
class FeatureView:
    """Features under one snapshot, seen along two directions.

    Attributes:
        stage: string, `"early"`, `"middle"` or `"late"`.
        epoch: int, number of the snapshot.
        real: float array of shape `(n, 2)`.
        real_labels: int array of shape `(n,)`.
        synthetic: float array of shape `(m, 2)`, decoded synthetic images.
        synthetic_labels: int array of shape `(m,)`.
        mismatch: float, mean distance between the mean real and the mean
            synthetic feature of a class, over the root mean square distance
            of real features from the mean of their class. In all dimensions.
    """

    stage: str
    epoch: int
    real: np.ndarray
    real_labels: np.ndarray
    synthetic: np.ndarray
    synthetic_labels: np.ndarray
    mismatch: float


def feature_views(
    experts: ExpertTrajectories,
    distilled: DistilledDataset,
    x: np.ndarray,
    y: np.ndarray,
    seed: int = 0,
) -> list[FeatureView]:
    """Looks at features early, midway and late in the training of an expert.

    The two directions are the principal components of the real features.

    Args:
        experts: `ExpertTrajectories`; the first expert is looked at.
        distilled: `DistilledDataset`.
        x: real images, array of shape `(n, height, width, channels)`, uint8
            in 0–255 or float in [0, 1]. At most 200 of each class are used.
        y: int array of shape `(n,)`.
        seed: int, of the choice of real images. Defaults to `0`.

    Returns:
        Three `FeatureView`, after a tenth, half and the whole of the training.

    Raises:
        TypeError, ValueError: if the data are not images with labels, or have
            another shape than the experts'.
    """
    check_images(x, experts.image_shape)
    check_labels(y, len(x), experts.num_classes)
    received = (distilled.image_shape, distilled.num_classes)
    if received != (experts.image_shape, experts.num_classes):
        raise ValueError(
            "`distilled` must have the experts' classes and image shape, "
            f"{experts.num_classes} and {experts.image_shape}. Received: "
            f"{received[1]} and {received[0]}"
        )
    chosen = _choose(y, seed)
    real, labels = x[chosen], y[chosen]
    decoded, decoded_labels = distilled.to_numpy()
    last = experts.num_snapshots(0) - 1
    early = min(last, max(1, round(last / 10)))
    stages = {
        "early": early,
        "middle": max(early, round(last / 2)),
        "late": last,
    }
    views = []
    for stage, epoch in stages.items():
        of_real = experts.features(real, epoch=epoch)
        of_synthetic = experts.features(decoded, epoch=epoch)
        plane = PCA(2, random_state=0).fit(of_real)
        views.append(
            FeatureView(
                stage,
                epoch,
                plane.transform(of_real),
                labels,
                plane.transform(of_synthetic),
                decoded_labels,
                mismatch(of_real, labels, of_synthetic, decoded_labels),
            )
        )
    return views


def mismatch(
    real: np.ndarray,
    real_labels: np.ndarray,
    synthetic: np.ndarray,
    synthetic_labels: np.ndarray,
) -> float:
    """Distance of class means over the spread within classes.

    Args:
        real: float array of shape `(n, size)`.
        real_labels: int array of shape `(n,)`.
        synthetic: float array of shape `(m, size)`.
        synthetic_labels: int array of shape `(m,)`.

    Returns:
        Float, 0 for equal means; NaN if no class has two different images.
    """
    distances, spreads = [], []
    for label in np.unique(real_labels):
        members = real[real_labels == label]
        mean = members.mean(axis=0)
        other = synthetic[synthetic_labels == label].mean(axis=0)
        distances.append(np.linalg.norm(mean - other))
        spreads.append(np.mean(np.sum((members - mean) ** 2, axis=1)))
    spread = np.sqrt(np.mean(spreads))
    return float(np.mean(distances) / spread) if spread > 0 else math.nan


def _choose(y, seed):
    """At most so many real images of each class."""
    generator = np.random.default_rng(seed)
    return np.concatenate(
        [
            generator.permutation(np.flatnonzero(y == label))[:_REAL_PER_CLASS]
            for label in np.unique(y)
        ]
    )
