"""Building blocks of the networks, with PyTorch's initialization.

Kernels and biases start at U(-1 / sqrt(fan_in), 1 / sqrt(fan_in)), PyTorch's
default, which the published results use. Convolutions have Keras' padding
`"same"`: with a stride of two they sample the odd rows, PyTorch the even ones.
"""

import math
from typing import Any

import keras

from keras_tgdd.layers.instance_normalization import InstanceNormalization

NORMS = ("instance", "batch", "none")


def uniform_initializers(
    fan_in: int, seed: int | None = None, offset: int = 0
) -> dict[str, keras.initializers.Initializer]:
    """Returns PyTorch's initializers of a kernel and a bias.

    Args:
        fan_in: int, number of inputs of a unit.
        seed: optional int. Kernel and bias get different seeds from it.
        offset: int, added to the seed. Defaults to `0`.
    """
    bound = 1.0 / math.sqrt(fan_in)
    kernel, bias = (
        keras.initializers.RandomUniform(
            -bound, bound, seed=None if seed is None else seed + offset + i
        )
        for i in (0, 1)
    )
    return {"kernel_initializer": kernel, "bias_initializer": bias}


def convolve(
    x: Any,
    filters: int,
    size: int,
    name: str,
    seed: int | None = None,
    offset: int = 0,
    **options: Any,
) -> Any:
    """Applies a convolution, channels last, padded to the same size.

    Args:
        x: Keras tensor of shape `(batch, height, width, channels)`.
        filters: int.
        size: int, side of the kernel.
        name: string, name of the layer.
        seed: optional int, seed of kernel and bias.
        offset: int, added to the seed. Defaults to `0`.
        **options: further arguments of `keras.layers.Conv2D`.
    """
    return keras.layers.Conv2D(
        filters,
        size,
        padding="same",
        data_format="channels_last",
        name=name,
        **uniform_initializers(size * size * x.shape[-1], seed, offset),
        **options,
    )(x)


def normalize(x: Any, norm: str, name: str) -> Any:
    """Applies instance or batch normalization with PyTorch's constants.

    Args:
        x: Keras tensor of shape `(batch, height, width, channels)`.
        norm: `"instance"`, `"batch"`, or `"none"`, which returns `x`.
        name: string, name of the layer.

    Raises:
        ValueError: if `norm` is unknown.
    """
    if norm == "instance":
        return InstanceNormalization(name=name)(x)
    if norm == "batch":
        return keras.layers.BatchNormalization(
            momentum=0.9, epsilon=1e-5, name=name
        )(x)
    if norm == "none":
        return x
    raise ValueError(f"`norm` must be one of {NORMS}. Received: norm={norm!r}")


def relu(x: Any, name: str) -> Any:
    """Applies a named ReLU layer."""
    return keras.layers.ReLU(name=name)(x)


def max_pool(x: Any, name: str) -> Any:
    """Applies max pooling over blocks of 2 x 2 pixels."""
    return keras.layers.MaxPooling2D(2, data_format="channels_last", name=name)(
        x
    )


def padded_side(input_shape: tuple[int, ...]) -> int:
    """Returns the smaller side of an image after `pad_to_32`."""
    height, width = input_shape[:2]
    return 32 if height == width == 28 else min(height, width)


def pad_to_32(x: Any) -> Any:
    """Pads images of side 28 by two pixels, as in published code."""
    if padded_side(x.shape[1:]) == min(x.shape[1:3]):
        return x
    # Not keras.layers.ZeroPadding2D: torch.compile (2.13) breaks on it.
    return keras.ops.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))


def flatten(x: Any) -> Any:
    """Applies the layer `"features"`, which flattens each image."""
    return keras.layers.Flatten(data_format="channels_last", name="features")(x)


def average(x: Any) -> Any:
    """Applies the layer `"features"`, the mean of each channel."""
    return keras.layers.GlobalAveragePooling2D(
        data_format="channels_last", name="features"
    )(x)


def logits(x: Any, num_classes: int, seed: int | None = None) -> Any:
    """Applies the last dense layer, `"logits"`, in float32."""
    return keras.layers.Dense(
        num_classes,
        dtype="float32",
        name="logits",
        **uniform_initializers(x.shape[-1], seed),
    )(x)


def check_side(input_shape: tuple[int, ...], smallest: int, name: str) -> None:
    """Refuses images that are too small for a network's pooling layers.

    Args:
        input_shape: `(height, width, channels)`, before padding.
        smallest: int, smallest side that is allowed.
        name: string, name of the network, for the message.

    Raises:
        ValueError: if a side is smaller than `smallest`.
    """
    if padded_side(input_shape) < smallest:
        raise ValueError(
            f"{name} halves its feature maps and needs images of side "
            f"{smallest} or more. Received: input_shape={tuple(input_shape)}"
        )
