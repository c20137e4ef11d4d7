"""ConvNet, the standard network of dataset distillation."""

import math

import keras

from keras_tgdd.arguments import check_positive_int
from keras_tgdd.layers.block_average_pooling import BlockAveragePooling2D
from keras_tgdd.models import blocks


def ConvNet(
    input_shape: tuple[int, ...],
    num_classes: int,
    width: int = 128,
    depth: int | None = None,
    seed: int | None = None,
    name: str = "conv_net",
) -> keras.Model:
    """Builds ConvNet-d: `depth` blocks, then one dense layer.

    A block is a 3 x 3 convolution, instance normalization, ReLU and 2 x 2
    average pooling. Images of side 28 are padded so that the first feature
    map has side 32, as in published code. Kernels and biases start at
    U(-1 / sqrt(fan_in), 1 / sqrt(fan_in)), PyTorch's initialization, which
    the published results use. The dtype follows the global Keras dtype
    policy; logits are float32.

    Args:
        input_shape: triple of ints, `(height, width, channels)`.
        num_classes: int, number of logits.
        width: int, filters of each convolution. Defaults to `128`.
        depth: int, number of blocks. `None`, the default, takes the
            published ones: 3 at side 28 and 32, 4 at 64, 5 at 128, which
            leave a feature map of about 4 x 4. Smaller images get up to 3
            blocks that leave a feature map of at least 2 x 2.
        seed: int, seed of the initial weights. `None`, the default, draws a
            random seed.
        name: string, name of the model.

    Returns:
        A functional `keras.Model` from normalized images of shape
        `(batch, height, width, channels)` to logits of shape
        `(batch, num_classes)`. Its layer `"features"` holds the flattened
        output of the last pooling layer.

    Raises:
        ValueError: if a number is not a positive integer, or an image is too
            small for `depth` pooling layers.

    Example:

    ```python
    network = keras_tgdd.models.ConvNet((32, 32, 3), 10)  # 320,010 weights
    ```

    References:
        - [Gidaris & Komodakis, 2018](https://arxiv.org/abs/1804.09458)
        - [Zhao et al., 2021](https://arxiv.org/abs/2006.05929)
    """
    check_positive_int("num_classes", num_classes)
    check_positive_int("width", width)
    smallest = blocks.padded_side(input_shape)
    if depth is None:
        halvings = int(math.log2(smallest))
        depth = max(1, min(3, halvings - 1), halvings - 2)
    check_positive_int("depth", depth)
    if smallest < 2**depth:
        raise ValueError(
            "`depth` pooling layers need images of side 2**depth or more. "
            f"Received: depth={depth}, input_shape={tuple(input_shape)}"
        )
    inputs = keras.Input(tuple(input_shape), name="images")
    x = blocks.pad_to_32(inputs)
    for block in range(1, depth + 1):
        x = blocks.convolve(x, width, 3, f"conv_{block}", seed, 2 * block)
        x = blocks.normalize(x, "instance", f"norm_{block}")
        x = blocks.relu(x, f"relu_{block}")
        x = BlockAveragePooling2D(2, name=f"pool_{block}")(x)
    logits = blocks.logits(blocks.flatten(x), num_classes, seed)
    return keras.Model(inputs, logits, name=name)
