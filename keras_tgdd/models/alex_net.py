"""AlexNet for small images."""

import keras

from keras_tgdd.arguments import check_positive_int
from keras_tgdd.models import blocks

# Per layer: filters, side of the kernel, and whether pooling follows.
_LAYERS = (
    (128, 5, True),
    (192, 5, True),
    (256, 3, False),
    (192, 3, False),
    (192, 3, True),
)


def AlexNet(
    input_shape: tuple[int, ...], num_classes: int, name: str = "alex_net"
) -> keras.Model:
    """Builds AlexNet for small images: five convolutions, no normalization.

    Args:
        input_shape: triple of ints, `(height, width, channels)`. Images of
            side 28 are padded to 32.
        num_classes: int, number of logits.
        name: string, name of the model.

    Returns:
        A functional `keras.Model` from normalized images to logits of shape
        `(batch, num_classes)`; 1,872,202 weights for CIFAR-10.

    Raises:
        ValueError: if `num_classes` is not a positive integer or a side is
            smaller than 8.

    Example:

    ```python
    network = keras_tgdd.models.AlexNet((32, 32, 3), 10)
    ```

    References:
        - [Zhao et al., 2021](https://arxiv.org/abs/2006.05929)
    """
    check_positive_int("num_classes", num_classes)
    blocks.check_side(input_shape, 8, "AlexNet")
    inputs = keras.Input(tuple(input_shape), name="images")
    x = blocks.pad_to_32(inputs)
    for number, (filters, size, pooled) in enumerate(_LAYERS, 1):
        x = blocks.convolve(x, filters, size, f"conv_{number}")
        x = blocks.relu(x, f"relu_{number}")
        if pooled:
            x = blocks.max_pool(x, f"pool_{number}")
    outputs = blocks.logits(blocks.flatten(x), num_classes)
    return keras.Model(inputs, outputs, name=name)
