"""Residual networks for small images."""

import keras

from keras_tgdd.arguments import check_positive_int
from keras_tgdd.layers.block_average_pooling import BlockAveragePooling2D
from keras_tgdd.models import blocks

# Blocks per stage, by depth.
_BLOCKS = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2)}
_WIDTHS = (64, 128, 256, 512)
DOWNSAMPLING = ("stride", "average")


def ResNet(
    input_shape: tuple[int, ...],
    num_classes: int,
    depth: int = 18,
    norm: str = "instance",
    downsampling: str = "stride",
    name: str | None = None,
) -> keras.Model:
    """Builds ResNet-10 or -18 with a 3 x 3 stem, or ResNetAP.

    Args:
        input_shape: triple of ints, `(height, width, channels)`. Images of
            side 28 are padded to 32.
        num_classes: int, number of logits.
        depth: `10` or `18`. Defaults to `18`.
        norm: `"instance"`, `"batch"` or `"none"`. Defaults to `"instance"`.
        downsampling: `"stride"`, or `"average"`, average pooling after a
            convolution of stride 1 (ResNetAP). Defaults to `"stride"`.
        name: string, name of the model. Defaults to `"res_net_<depth>"`.

    Returns:
        A functional `keras.Model` from normalized images to logits of shape
        `(batch, num_classes)`; 11,173,962 trainable weights at depth 18 for
        CIFAR-10.

    Raises:
        ValueError: if an argument has another value than these, or a side is
            smaller than 8.

    Example:

    ```python
    network = keras_tgdd.models.ResNet((32, 32, 3), 10, norm="batch")
    ```

    References:
        - [He et al., 2016](https://arxiv.org/abs/1512.03385)
        - [Kim et al., 2022](https://arxiv.org/abs/2205.14959) for ResNetAP
    """
    check_positive_int("num_classes", num_classes)
    blocks.check_side(input_shape, 8, "ResNet")
    if depth not in _BLOCKS:
        raise ValueError(
            f"`depth` must be one of {tuple(_BLOCKS)}. Received: depth={depth}"
        )
    if downsampling not in DOWNSAMPLING:
        raise ValueError(
            f"`downsampling` must be one of {DOWNSAMPLING}. Received: "
            f"downsampling={downsampling!r}"
        )
    inputs = keras.Input(tuple(input_shape), name="images")
    x = blocks.pad_to_32(inputs)
    x = blocks.convolve(x, 64, 3, "stem_conv", use_bias=False)
    x = blocks.normalize(x, norm, "stem_norm")
    x = blocks.relu(x, "stem_relu")
    for stage, (filters, count) in enumerate(
        zip(_WIDTHS, _BLOCKS[depth], strict=True), 1
    ):
        for number in range(1, count + 1):
            halved = downsampling if stage > 1 and number == 1 else None
            x = _block(x, filters, norm, halved, f"{stage}_{number}")
    outputs = blocks.logits(blocks.average(x), num_classes)
    return keras.Model(inputs, outputs, name=name or f"res_net_{depth}")


def _block(x, filters, norm, halved, place):
    """Applies a residual block: two convolutions and a shortcut."""
    shortcut = x
    x = _convolve(x, filters, 3, halved, f"conv_{place}_a")
    x = blocks.normalize(x, norm, f"norm_{place}_a")
    x = blocks.relu(x, f"relu_{place}_a")
    x = _convolve(x, filters, 3, None, f"conv_{place}_b")
    x = blocks.normalize(x, norm, f"norm_{place}_b")
    if halved or shortcut.shape[-1] != filters:
        shortcut = _convolve(shortcut, filters, 1, halved, f"conv_{place}_c")
        shortcut = blocks.normalize(shortcut, norm, f"norm_{place}_c")
    x = keras.layers.Add(name=f"add_{place}")([x, shortcut])
    return blocks.relu(x, f"relu_{place}_b")


def _convolve(x, filters, size, halved, name):
    """Applies a convolution; `halved` says how it halves the sides, if so."""
    strides = 2 if halved == "stride" else 1
    x = blocks.convolve(x, filters, size, name, strides=strides, use_bias=False)
    if halved == "average":
        x = BlockAveragePooling2D(2, name=f"{name}_pool")(x)
    return x
