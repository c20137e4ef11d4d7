"""Soft labels predicted by experts."""

import numpy as np

from keras_tgdd.arguments import check_positive
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.expert_trajectories import check_experts


def expert_labels(
    experts: ExpertTrajectories, x: np.ndarray, temperature: float = 1.0
) -> np.ndarray:
    """Returns the mean of `softmax(logits / temperature)` over experts.

    The logits are those of the last snapshot of each expert, for images
    normalized like its training data. If the network ends in a softmax, the
    logarithms of its probabilities are the logits.

    Args:
        experts: `ExpertTrajectories`.
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].
        temperature: positive float. Defaults to `1.0`.

    Returns:
        float32 array of shape `(n, num_classes)`; rows sum to 1.

    Raises:
        TypeError: if `experts` are no `ExpertTrajectories`, or `x` is not an
            array of images.
        ValueError: if the images do not have the experts' shape, or the
            temperature is not positive.
    """
    check_experts(experts)
    check_positive("temperature", temperature)
    total = np.float64(0.0)
    for expert in range(experts.num_experts):
        _, outputs = experts.predict(x, expert)
        if experts.network.ends_in_softmax:
            with np.errstate(divide="ignore"):  # log(0) = -inf is intended
                outputs = np.log(outputs)
        total = total + _softmax(outputs / np.float64(temperature))
    return (total / experts.num_experts).astype("float32")


def _softmax(logits: np.ndarray) -> np.ndarray:
    """Returns the softmax of each row."""
    powers = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    return powers / np.sum(powers, axis=1, keepdims=True)
