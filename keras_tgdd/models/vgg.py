"""VGG-11 for small images."""

import keras

from keras_tgdd.arguments import check_positive_int
from keras_tgdd.models import blocks

# Filters of the convolutions of each stage, before its pooling.
_STAGES = ((64,), (128,), (256, 256), (512, 512), (512, 512))


def VGG11(
    input_shape: tuple[int, ...],
    num_classes: int,
    norm: str = "instance",
    name: str = "vgg_11",
) -> keras.Model:
    """Builds VGG-11 with one dense layer, for images of 32 pixels.

    Args:
        input_shape: triple of ints, `(height, width, channels)`. Images of
            side 28 are padded to 32.
        num_classes: int, number of logits.
        norm: normalization after each convolution: `"instance"`, `"batch"` or
            `"none"`. Defaults to `"instance"`.
        name: string, name of the model.

    Returns:
        A functional `keras.Model` from normalized images to logits of shape
        `(batch, num_classes)`; 9,231,114 trainable weights for CIFAR-10.

    Raises:
        ValueError: if `num_classes` is not a positive integer, `norm` is
            unknown, or a side is smaller than 32.

    Example:

    ```python
    network = keras_tgdd.models.VGG11((32, 32, 3), 10)
    ```

    References:
        - [Simonyan & Zisserman, 2015](https://arxiv.org/abs/1409.1556)
    """
    check_positive_int("num_classes", num_classes)
    blocks.check_side(input_shape, 32, "VGG11")
    inputs = keras.Input(tuple(input_shape), name="images")
    x = blocks.pad_to_32(inputs)
    for stage, widths in enumerate(_STAGES, 1):
        for number, filters in enumerate(widths, 1):
            place = f"{stage}_{number}"
            x = blocks.convolve(x, filters, 3, f"conv_{place}")
            x = blocks.normalize(x, norm, f"norm_{place}")
            x = blocks.relu(x, f"relu_{place}")
        x = blocks.max_pool(x, f"pool_{stage}")
    outputs = blocks.logits(blocks.flatten(x), num_classes)
    return keras.Model(inputs, outputs, name=name)
