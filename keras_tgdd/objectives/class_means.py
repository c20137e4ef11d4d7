"""Class means, and the combination of class means of two parts of the data."""

from collections.abc import Sequence

from keras import ops

from keras_tgdd.arguments import Tensor


def class_means(
    values: Tensor, sample_weight: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Returns the mean of each class, and its number of images.

    Args:
        values: float32 tensor of shape `(n_classes, n, size)`.
        sample_weight: float32 tensor of shape `(n_classes, n)`, 1 for values
            and 0 for padding. `None` counts all values.

    Returns:
        Float32 tensors of shape `(n_classes, size)` and `(n_classes,)`. The
        mean of a class without images is 0.
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
    # Both parts may lack images of a class.
    share = (second["count"] / ops.maximum(count, 1.0))[:, None]
    merged = {
        name: first[name] + share * (second[name] - first[name])
        for name in names
    }
    return {**merged, "count": count}
