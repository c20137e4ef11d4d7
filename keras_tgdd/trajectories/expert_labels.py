"""What experts take images for, as soft labels."""

import numpy as np

from keras_tgdd.checks import check_images
from keras_tgdd.checks import to_unit_range
from keras_tgdd.datasets.distilled_dataset import DistilledDataset
from keras_tgdd.datasets.soft_labels import check_temperature
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories

_BATCH_SIZE = 500


def expert_labels(
    experts: ExpertTrajectories, x: np.ndarray, temperature: float = 1.0
) -> np.ndarray:
    """Returns the mean of `softmax(logits / temperature)` over experts.

    Each expert gives its last snapshot, and sees the images normalized as
    those that it was trained on. Of networks that end in a softmax, the
    logarithms of their probabilities are the logits.

    Args:
        experts: `ExpertTrajectories`.
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].
        temperature: positive float. Defaults to `1.0`.

    Returns:
        float32 array of shape `(n, num_classes)`; rows sum to 1.

    Raises:
        TypeError: if `experts` are none.
        ValueError: if `x` is not images of the experts' shape, or the
            temperature is not positive.
    """
    if not isinstance(experts, ExpertTrajectories):
        raise TypeError(
            "`experts` must be ExpertTrajectories, as "
            "`keras_tgdd.train_experts` returns. Received: "
            f"{type(experts).__name__}"
        )
    check_images(x, experts.image_shape)
    check_temperature(temperature)
    total = np.zeros((len(x), experts.num_classes))
    for expert in range(experts.num_experts):
        weights = experts.weights(expert, -1)
        for start in range(0, len(x), _BATCH_SIZE):
            part = slice(start, start + _BATCH_SIZE)
            images = (to_unit_range(x[part]) - experts.mean) / experts.std
            _, outputs = experts.network.predict(weights, images)
            if experts.network.ends_in_softmax:
                with np.errstate(divide="ignore"):  # log 0 stands for never
                    outputs = np.log(outputs)
            total[part] += _softmax(outputs / np.float64(temperature))
    return (total / experts.num_experts).astype("float32")


def relabelled(
    distilled: DistilledDataset,
    experts: ExpertTrajectories,
    temperature: float = 1.0,
) -> DistilledDataset:
    """Returns a distilled set with the soft labels of experts.

    `info` says by which experts, in the entry `"soft_labels"`.

    Args:
        distilled: `DistilledDataset`; soft labels that it has are replaced.
        experts: `ExpertTrajectories`.
        temperature: positive float. Defaults to `1.0`.

    Raises:
        TypeError, ValueError: as `expert_labels`, or if the experts are for
            other classes.
    """
    x, _ = distilled.to_numpy()
    soft_labels = expert_labels(experts, x, temperature)
    flat = distilled.images.reshape((-1, *distilled.image_shape))
    return DistilledDataset(
        flat,
        class_names=distilled.class_names,
        factor=distilled.factor,
        mean=distilled.mean,
        std=distilled.std,
        info={
            **distilled.info,
            "soft_labels": {
                "num_experts": experts.num_experts,
                "experts": experts.fingerprint(),
            },
        },
        labels=distilled.labels.ravel(),
        soft_labels=soft_labels,
        temperature=temperature,
    )


def _softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
