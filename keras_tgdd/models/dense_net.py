"""DenseNet for small images."""

import keras

from keras_tgdd.arguments import check_positive_int
from keras_tgdd.layers.block_average_pooling import BlockAveragePooling2D
from keras_tgdd.models import blocks

# Layers per dense block.
_BLOCKS = (6, 12, 24, 16)


def DenseNet121(
    input_shape: tuple[int, ...],
    num_classes: int,
    growth: int = 12,
    norm: str = "batch",
    name: str = "dense_net_121",
) -> keras.Model:
    """Builds DenseNet-121 with a 3 x 3 stem, for images of 32 pixels.

    Args:
        input_shape: triple of ints, `(height, width, channels)`. Images of
            side 28 are padded to 32.
        num_classes: int, number of logits.
        growth: positive int, channels that each layer adds. Defaults to `12`,
            as published for CIFAR; for ImageNet it is 32.
        norm: `"instance"`, `"batch"` or `"none"`. Defaults to `"batch"`.
        name: string, name of the model.

    Returns:
        A functional `keras.Model` from normalized images to logits of shape
        `(batch, num_classes)`; 1,000,618 trainable weights for CIFAR-10.

    Raises:
        ValueError: if a number is not a positive integer, `norm` is unknown,
            or a side is smaller than 8.

    Example:

    ```python
    network = keras_tgdd.models.DenseNet121((32, 32, 3), 10)
    ```

    References:
        - [Huang et al., 2017](https://arxiv.org/abs/1608.06993)
    """
    check_positive_int("num_classes", num_classes)
    check_positive_int("growth", growth)
    blocks.check_side(input_shape, 8, "DenseNet121")
    inputs = keras.Input(tuple(input_shape), name="images")
    x = blocks.pad_to_32(inputs)
    x = blocks.convolve(x, 2 * growth, 3, "stem_conv", use_bias=False)
    for stage, count in enumerate(_BLOCKS, 1):
        for number in range(1, count + 1):
            x = _grow(x, growth, norm, f"{stage}_{number}")
        if stage < len(_BLOCKS):
            x = _activated(x, norm, f"transition_{stage}")
            half = x.shape[-1] // 2
            x = blocks.convolve(
                x, half, 1, f"transition_{stage}_conv", use_bias=False
            )
            x = BlockAveragePooling2D(2, name=f"transition_{stage}_pool")(x)
    x = _activated(x, norm, "last")
    outputs = blocks.logits(blocks.average(x), num_classes)
    return keras.Model(inputs, outputs, name=name)


def _grow(x, growth, norm, place):
    """Concatenates `growth` new channels, computed through a bottleneck."""
    new = _activated(x, norm, f"{place}_a")
    new = blocks.convolve(new, 4 * growth, 1, f"{place}_a_conv", use_bias=False)
    new = _activated(new, norm, f"{place}_b")
    new = blocks.convolve(new, growth, 3, f"{place}_b_conv", use_bias=False)
    return keras.layers.Concatenate(axis=-1, name=f"{place}_concat")([new, x])


def _activated(x, norm, name):
    """Applies normalization, then ReLU."""
    return blocks.relu(
        blocks.normalize(x, norm, f"{name}_norm"), f"{name}_relu"
    )
