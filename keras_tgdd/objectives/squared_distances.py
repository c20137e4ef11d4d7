"""Squared distances between the features of a class."""

from keras import ops

from keras_tgdd.arguments import Tensor

# Stands for a length of 0 where one is divided by.
TINY = 1e-12


def squared_distances(first: Tensor, second: Tensor) -> Tensor:
    """Squared Euclidean distances, class by class, from inner products.

    Args:
        first: float32 tensor of shape `(n_classes, n, feature_size)`.
        second: float32 tensor of shape `(n_classes, m, feature_size)`.

    Returns:
        float32 tensor of shape `(n_classes, n, m)`, nowhere negative.
    """
    # Distances stay when all is moved; about the origin they keep more digits.
    centre = ops.stop_gradient(ops.mean(first, axis=1, keepdims=True))
    first, second = first - centre, second - centre
    products = ops.matmul(first, ops.swapaxes(second, 1, 2))
    of_first = ops.sum(ops.square(first), axis=2)[:, :, None]
    of_second = ops.sum(ops.square(second), axis=2)[:, None, :]
    return ops.relu(of_first + of_second - 2.0 * products)
