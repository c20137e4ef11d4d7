"""Two-dimensional views of real and synthetic features under an expert."""

import dataclasses
import math
from typing import Any

import numpy as np

from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.datasets.training_data import as_training_data
from keras_tgdd.runtime.optional import require
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories

_REAL_PER_CLASS = 200


@dataclasses.dataclass(frozen=True)
class FeatureView:
    """Features under one snapshot, projected to two dimensions.

    Attributes:
        stage: string, `"early"`, `"middle"` or `"late"`.
        snapshot: int, number of the snapshot.
        real: float array of shape `(n, 2)`, features of real images.
        real_labels: int array of shape `(n,)`.
        synthetic: float array of shape `(m, 2)`, features of decoded
            synthetic images.
        synthetic_labels: int array of shape `(m,)`.
        mismatch: float, the mean over classes of the distance between the
            mean real and the mean synthetic feature, divided by the root mean
            square distance of real features from their class mean. Computed
            in all dimensions; NaN if no class has two different real images.
    """

    stage: str
    snapshot: int
    real: np.ndarray
    real_labels: np.ndarray
    synthetic: np.ndarray
    synthetic_labels: np.ndarray
    mismatch: float


def feature_views(
    distilled: DistilledDataset,
    data: Any,
    experts: ExpertTrajectories,
    *,
    seed: int = 0,
) -> list[FeatureView]:
    """Compares features early, midway and late in the training of an expert.

    Features are projected on the first two principal components of the real
    features.

    Args:
        distilled: `DistilledDataset`.
        data: the real images: `TrainingData`, `ImageDataset` (its training
            part), a pair `(x, y)` of arrays, or batches. At most 200 images
            per class are used.
        experts: `ExpertTrajectories`, of which the first expert is used.
        seed: int, seed of the selection of real images. Defaults to `0`.

    Returns:
        Three `FeatureView`, after a tenth, half and the whole of the training.

    Raises:
        TypeError: if `data` is not a supported source of labelled images.
        ValueError: if the image shape or the classes of `distilled` or `data`
            are not those of the experts.
        ImportError: if scikit-learn is not installed.
    """
    decomposition = require(
        "sklearn.decomposition", "report", "Projecting features"
    )
    known = as_training_data(data)
    _check_fits(experts, distilled, known)
    chosen = _choose(known.y, seed)
    real, labels = known.x[chosen], known.y[chosen]
    decoded, decoded_labels = distilled.to_numpy()
    views = []
    for stage, snapshot in _stages(experts.num_snapshots(0)).items():
        of_real = experts.features(real, snapshot=snapshot)
        of_synthetic = experts.features(decoded, snapshot=snapshot)
        plane = decomposition.PCA(2, random_state=0).fit(of_real)
        views.append(
            FeatureView(
                stage,
                snapshot,
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
    """Divides the distance of class means by the spread within classes.

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


def _check_fits(
    experts: ExpertTrajectories, distilled: DistilledDataset, data: TrainingData
) -> None:
    """Refuses sets whose images or classes are not those of the experts."""
    check_images(data.x, experts.image_shape)
    check_labels(data.y, len(data.x), experts.num_classes)
    received = (distilled.image_shape, distilled.num_classes)
    if received != (experts.image_shape, experts.num_classes):
        raise ValueError(
            "`distilled` must have the experts' classes and image shape, "
            f"{experts.num_classes} and {experts.image_shape}. Received: "
            f"{received[1]} and {received[0]}"
        )


def _stages(num_snapshots):
    """Returns the snapshots after a tenth, half and the whole training."""
    last = num_snapshots - 1
    early = min(last, max(1, round(last / 10)))
    middle = max(early, round(last / 2))
    return {"early": early, "middle": middle, "late": last}


def _choose(y, seed):
    """Returns positions of at most `_REAL_PER_CLASS` images per class."""
    generator = np.random.default_rng(seed)
    return np.concatenate(
        [
            generator.permutation(np.flatnonzero(y == label))[:_REAL_PER_CLASS]
            for label in np.unique(y)
        ]
    )
