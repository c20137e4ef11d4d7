"""Means over the images of each class, which add up."""

from collections.abc import Sequence

from keras import ops

from keras_tgdd.arguments import Tensor


def class_means(
    values: Tensor, sample_weight: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Returns the mean of each class, and how many images it is of.

    Args:
        values: float32 tensor of shape `(n_classes, n, size)`.
        sample_weight: optional float32 tensor of shape `(n_classes, n)` of
            ones, and of zeros for what only fills the tensor.

    Returns:
        Float32 tensors of shape `(n_classes, size)` and `(n_classes,)`; the
        mean of no image is 0.
    """
    if sample_weight is None:
        count = ops.full((values.shape[0],), float(values.shape[1]))
        return ops.mean(values, axis=1), count
    count = ops.sum(sample_weight, axis=1)
    total = ops.sum(sample_weight[:, :, None] * values, axis=1)
    return total / ops.maximum(count, 1.0)[:, None], count


def merge_means(
    first: dict[str, Tensor], second: dict[str, Tensor], names: Sequence[str]
) -> dict[str, Tensor]:
    """Combines the means of two disjoint parts of the data.

    Args:
        first: dict of means, and their `"count"`.
        second: as `first`.
        names: keys of the means.

    Returns:
        A dict of the same keys.
    """
    count = first["count"] + second["count"]
    # Neither part may have images of a class.
    share = (second["count"] / ops.maximum(count, 1.0))[:, None]
    merged = {
        name: first[name] + share * (second[name] - first[name])
        for name in names
    }
    return {**merged, "count": count}
