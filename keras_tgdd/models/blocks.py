"""What the networks of the field are built of, as PyTorch builds it.

Kernels and biases start at U(-1 / sqrt(fan_in), 1 / sqrt(fan_in)), the default
behind the published numbers. Convolutions pad as Keras' `"same"`, so that a
stride of two samples the odd rows where PyTorch samples the even ones.
"""

import math
from typing import Any

import keras

from keras_tgdd.arguments import Shape
from keras_tgdd.layers.instance_normalization import InstanceNormalization

NORMS = ("instance", "batch", "none")


def uniform_initializers(
    fan_in: int, seed: int | None = None, offset: int = 0
) -> dict[str, keras.initializers.Initializer]:
    """Returns the initializers of a kernel and a bias, each with its seed.

    Args:
        fan_in: int, inputs of a unit.
        seed: optional int.
        offset: int, added to the seed.
    """
    bound = 1.0 / math.sqrt(fan_in)
    seeds = [None if seed is None else seed + offset + i for i in (0, 1)]
    kernel, bias = (
        keras.initializers.RandomUniform(-bound, bound, seed=seed)
        for seed in seeds
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
    """A convolution, channels last, padded to the same size.

    Args:
        x: Keras tensor of shape `(batch, height, width, channels)`.
        filters: int.
        size: int, side of the kernel.
        name: string, name of the layer.
        seed: optional int, of kernel and bias.
        offset: int, added to the seed.
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
    """Instance or batch normalization with PyTorch's constants, or none.

    Args:
        x: Keras tensor of shape `(batch, height, width, channels)`.
        norm: `"instance"`, `"batch"` or `"none"`.
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
    """The rectifier, as a layer with a name."""
    return keras.layers.ReLU(name=name)(x)


def max_pool(x: Any, name: str) -> Any:
    """The maximum of blocks of 2 x 2 pixels."""
    return keras.layers.MaxPooling2D(2, data_format="channels_last", name=name)(
        x
    )


def padded_side(input_shape: Shape) -> int:
    """Returns the smaller side of an image after `pad_to_32`."""
    height, width = input_shape[:2]
    return 32 if height == width == 28 else min(height, width)


def pad_to_32(x: Any) -> Any:
    """Pads images of side 28 by two pixels, as published code does."""
    if padded_side(x.shape[1:]) == min(x.shape[1:3]):
        return x
    # Not keras.layers.ZeroPadding2D: torch.compile (2.13) breaks on it.
    return keras.ops.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))


def flatten(x: Any) -> Any:
    """The layer `"features"`: all values of an image in a row."""
    return keras.layers.Flatten(data_format="channels_last", name="features")(x)


def average(x: Any) -> Any:
    """The layer `"features"`: the mean of each channel."""
    return keras.layers.GlobalAveragePooling2D(
        data_format="channels_last", name="features"
    )(x)


def logits(x: Any, num_classes: int, seed: int | None = None) -> Any:
    """The last dense layer, in float32."""
    return keras.layers.Dense(
        num_classes,
        dtype="float32",
        name="logits",
        **uniform_initializers(x.shape[-1], seed),
    )(x)


def check_side(input_shape: Shape, smallest: int, name: str) -> None:
    """Refuses images too small for a network's poolings.

    Args:
        input_shape: `(height, width, channels)`, before padding.
        smallest: int, smallest side.
        name: string, the network's.

    Raises:
        ValueError: if a side is smaller.
    """
    if padded_side(input_shape) < smallest:
        raise ValueError(
            f"{name} halves its feature maps and needs images of side "
            f"{smallest} or more. Received: input_shape={tuple(input_shape)}"
        )
