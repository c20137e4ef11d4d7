"""What experts take images for, as soft labels."""

import numpy as np
from sklearn.utils.extmath import softmax

from keras_tgdd.arguments import check_positive
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.expert_trajectories import check_experts


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
    check_experts(experts)
    check_positive("temperature", temperature)
    total = 0.0
    for expert in range(experts.num_experts):
        _, outputs = experts.predict(x, expert)
        if experts.network.ends_in_softmax:
            with np.errstate(divide="ignore"):  # log 0 stands for never
                outputs = np.log(outputs)
        total = total + softmax(outputs / np.float64(temperature))
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
