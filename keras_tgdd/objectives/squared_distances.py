"""Squared distances between the features of each class."""

from keras import ops

from keras_tgdd.arguments import Tensor

# The smallest divisor, in place of a length of 0.
TINY = 1e-12


def squared_distances(first: Tensor, second: Tensor) -> Tensor:
    """Computes squared Euclidean distances per class, from inner products.

    Args:
        first: float32 tensor of shape `(n_classes, n, feature_size)`.
        second: float32 tensor of shape `(n_classes, m, feature_size)`.

    Returns:
        float32 tensor of shape `(n_classes, n, m)`, nowhere negative.
    """
    # A shift does not change distances. Near the origin, inner products round
    # less.
    centre = ops.stop_gradient(ops.mean(first, axis=1, keepdims=True))
    first, second = first - centre, second - centre
    products = ops.matmul(first, ops.swapaxes(second, 1, 2))
    first_norms = ops.sum(ops.square(first), axis=2)[:, :, None]
    second_norms = ops.sum(ops.square(second), axis=2)[:, None, :]
    return ops.relu(first_norms + second_norms - 2.0 * products)
