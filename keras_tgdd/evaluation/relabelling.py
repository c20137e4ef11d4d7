"""Soft labels for a distilled set, predicted by experts."""

from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.trajectories.expert_labels import expert_labels
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories


def relabel(
    distilled: DistilledDataset,
    experts: ExpertTrajectories,
    temperature: float = 1.0,
) -> DistilledDataset:
    """Returns a copy of a distilled set with soft labels from experts.

    The soft label of a decoded image is the mean over the experts of
    `softmax(logits / temperature)` under their last snapshots. Each expert
    normalizes the images as in its own training.

    Soft labels transfer the experts' knowledge of the real data, whatever the
    images show. Results on soft labels are therefore not comparable with
    results on hard labels.

    Args:
        distilled: `DistilledDataset`. Its soft labels, if any, are replaced.
        experts: `ExpertTrajectories` with the classes and the image shape of
            `distilled`.
        temperature: positive float; values above 1 give softer labels.
            Defaults to `1.0`.

    Returns:
        `DistilledDataset` with the same images and integer labels. Its
        `info["soft_labels"]` holds the number of experts and their
        fingerprint.

    Raises:
        TypeError: if `experts` is not `ExpertTrajectories`.
        ValueError: if the experts are for other images or classes, their
            outputs are not finite, or `temperature` is not positive.

    Example:

    ```python
    soft = keras_tgdd.evaluation.relabel(distilled, experts, temperature=4.0)
    result = keras_tgdd.evaluate(soft, (x_test, y_test), soft_labels=True)
    ```
    """
    x, _ = distilled.to_numpy()
    return distilled.with_soft_labels(
        expert_labels(experts, x, temperature),
        temperature,
        info={
            "soft_labels": {
                "num_experts": experts.num_experts,
                "experts": experts.fingerprint(),
            }
        },
    )
