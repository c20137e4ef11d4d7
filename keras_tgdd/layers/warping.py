"""Geometric resampling with exact gradients on every backend.

Shifts and zooms are products with one small matrix per axis, and rotation
reads four neighbours. `keras.ops.image.affine_transform` has a wrong gradient
in some cases on TensorFlow, and loops over the batch on PyTorch. Pixels outside
of an image are zero.
"""

from typing import Any

from keras import ops

from keras_tgdd.arguments import Tensor


def per_group(values: Any) -> Tensor:
    """Reshapes `(n_groups,)` to broadcast against 5-D images."""
    return values[:, None, None, None, None]


def shift_matrix(shift: Tensor, size: int) -> Tensor:
    """Returns one-hot matrices that read `shift` pixels further on an axis.

    Args:
        shift: float tensor of shape `(n_groups,)`, whole pixels.
        size: int, length of the axis.

    Returns:
        A tensor of shape `(n_groups, size, size)`.
    """
    position = ops.arange(size, dtype="float32")
    return _triangle(position[None, :] + shift[:, None], size)


def zoom_matrix(zoom: Tensor, size: int) -> Tensor:
    """Returns matrices that read at `centre + zoom * (position - centre)`.

    Args:
        zoom: float tensor of shape `(n_groups,)`; above 1 shrinks the image.
        size: int, length of the axis.

    Returns:
        A tensor of shape `(n_groups, size, size)`.
    """
    offset = ops.arange(size, dtype="float32") - (size - 1) / 2
    source = zoom[:, None] * offset[None, :] + (size - 1) / 2
    return _triangle(source, size)


def _triangle(source, size):
    """Returns the linear interpolation weights of each source position."""
    position = ops.arange(size, dtype="float32")
    distance = ops.abs(source[:, :, None] - position[None, None, :])
    return ops.maximum(1.0 - distance, 0.0)


def resample(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Applies a matrix to the rows and one to the columns of each group.

    Args:
        images: float tensor of shape
            `(n_groups, n, height, width, channels)`.
        rows: float tensor of shape `(n_groups, height, height)`.
        columns: float tensor of shape `(n_groups, width, width)`.

    Returns:
        A tensor of the shape of `images`.
    """
    _, n, height, width, channels = images.shape
    # One large product per group and axis: products of single images are too
    # small to be fast.
    x = ops.transpose(images, (0, 2, 1, 3, 4))
    x = ops.reshape(x, (-1, height, n * width * channels))
    x = ops.matmul(rows, x)
    x = ops.reshape(x, (-1, height, n, width, channels))
    x = ops.transpose(x, (0, 3, 2, 1, 4))
    x = ops.reshape(x, (-1, width, n * height * channels))
    x = ops.matmul(columns, x)
    x = ops.reshape(x, (-1, width, n, height, channels))
    return ops.transpose(x, (0, 2, 3, 1, 4))


def rotate(images: Tensor, angle: Tensor) -> Tensor:
    """Rotates each group about the image centre, bilinearly.

    Args:
        images: float tensor of shape
            `(n_groups, n, height, width, channels)`.
        angle: float tensor of shape `(n_groups,)`, in radians.

    Returns:
        A tensor of the shape of `images`.
    """
    _, n, height, width, channels = images.shape
    centre_y, centre_x = (height - 1) / 2, (width - 1) / 2
    y = ops.arange(height, dtype="float32")[None, :, None] - centre_y
    x = ops.arange(width, dtype="float32")[None, None, :] - centre_x
    cos = ops.cos(angle)[:, None, None]
    sin = ops.sin(angle)[:, None, None]
    source_y = cos * y - sin * x + centre_y
    source_x = sin * y + cos * x + centre_x
    top, left = ops.floor(source_y), ops.floor(source_x)
    pixels = ops.reshape(
        ops.transpose(images, (0, 2, 3, 1, 4)),
        (-1, height * width, n * channels),
    )
    total = 0.0
    for row in (top, top + 1.0):
        for column in (left, left + 1.0):
            weight = ops.maximum(1.0 - ops.abs(source_y - row), 0.0)
            weight *= ops.maximum(1.0 - ops.abs(source_x - column), 0.0)
            inside = (row >= 0) & (row <= height - 1)
            inside &= (column >= 0) & (column <= width - 1)
            weight *= ops.cast(inside, "float32")
            index = ops.clip(row, 0, height - 1) * width
            index += ops.clip(column, 0, width - 1)
            index = ops.reshape(ops.cast(index, "int32"), (-1, height * width))
            weight = ops.reshape(weight, (-1, height * width, 1))
            read = ops.take_along_axis(pixels, index[:, :, None], axis=1)
            total = total + weight * read
    total = ops.reshape(total, (-1, height, width, n, channels))
    return ops.transpose(total, (0, 3, 1, 2, 4))


def interval(start: Tensor, length: int, size: int) -> Tensor:
    """Marks the positions `start <= position < start + length` by 1.

    Args:
        start: float tensor of shape `(n_groups,)`.
        length: int, number of positions.
        size: int, length of the axis.

    Returns:
        A float32 tensor of shape `(n_groups, size)`.
    """
    offset = ops.arange(size, dtype="float32")[None, :] - start[:, None]
    return ops.cast((offset >= 0) & (offset < length), "float32")
