"""A small vision transformer."""

import math

import keras

from keras_tgdd.arguments import check_positive_int
from keras_tgdd.layers.position_embedding import PositionEmbedding
from keras_tgdd.models import blocks

# Epsilon of layer normalization in PyTorch.
_EPSILON = 1e-5


def VisionTransformer(
    input_shape: tuple[int, ...],
    num_classes: int,
    patch_size: int = 4,
    width: int = 192,
    depth: int = 6,
    num_heads: int = 3,
    name: str = "vision_transformer",
) -> keras.Model:
    """Builds a plain vision transformer of width 192 (ViT-Tiny).

    Each patch becomes a token with a learned position. Each block applies
    layer normalization before its attention and before its two dense layers,
    of which the inner one is four times as wide and has a GELU activation.
    The mean of all tokens is classified.

    Args:
        input_shape: triple of ints, `(height, width, channels)`; sides must
            be multiples of `patch_size`.
        num_classes: int, number of logits.
        patch_size: int, side of a patch in pixels. Defaults to `4`.
        width: int, size of a token. Defaults to `192`.
        depth: int, number of blocks. Defaults to `6`.
        num_heads: int, attention heads; must divide `width`. Defaults to `3`.
        name: string, name of the model.

    Returns:
        A functional `keras.Model` from normalized images to logits of shape
        `(batch, num_classes)`; 2,693,194 weights for CIFAR-10. Its layer
        `"features"` holds the mean token.

    Raises:
        ValueError: if a number is not a positive integer, a side is no
            multiple of `patch_size`, or `num_heads` does not divide `width`.

    Example:

    ```python
    network = keras_tgdd.models.VisionTransformer((32, 32, 3), 10)
    ```

    References:
        - [Dosovitskiy et al., 2021](https://arxiv.org/abs/2010.11929)
        - [Beyer et al., 2022](https://arxiv.org/abs/2205.01580)
    """
    for argument, value in (
        ("num_classes", num_classes),
        ("patch_size", patch_size),
        ("width", width),
        ("depth", depth),
        ("num_heads", num_heads),
    ):
        check_positive_int(argument, value)
    if any(side % patch_size for side in input_shape[:2]):
        raise ValueError(
            "`patch_size` must divide the sides of the images. Received: "
            f"patch_size={patch_size}, input_shape={tuple(input_shape)}"
        )
    if width % num_heads:
        raise ValueError(
            "`num_heads` must divide `width`. Received: "
            f"num_heads={num_heads}, width={width}"
        )
    inputs = keras.Input(tuple(input_shape), name="images")
    x = blocks.convolve(
        inputs, width, patch_size, "patches", strides=patch_size
    )
    x = keras.layers.Reshape((-1, width), name="tokens")(x)
    x = PositionEmbedding(name="positions")(x)
    for block in range(1, depth + 1):
        x = _block(x, width, num_heads, block)
    x = _normalize(x, "norm")
    x = keras.layers.GlobalAveragePooling1D(
        data_format="channels_last", name="features"
    )(x)
    return keras.Model(inputs, blocks.logits(x, num_classes), name=name)


def _block(x, width, num_heads, block):
    """Applies attention and two dense layers, each with a shortcut."""
    normalized = _normalize(x, f"attention_norm_{block}")
    # Glorot's limit of a square matrix. By default Keras reads the shape
    # (width, heads, size) as that of a convolution kernel and draws query, key
    # and value six times smaller, so that tokens hardly attend to one another.
    limit = math.sqrt(3.0 / width)
    attention = keras.layers.MultiHeadAttention(
        num_heads,
        width // num_heads,
        kernel_initializer=keras.initializers.RandomUniform(-limit, limit),
        name=f"attention_{block}",
    )(normalized, normalized)
    x = keras.layers.Add(name=f"attention_add_{block}")([x, attention])
    inner = _normalize(x, f"dense_norm_{block}")
    inner = keras.layers.Dense(
        4 * width, activation="gelu", name=f"dense_{block}_1"
    )(inner)
    inner = keras.layers.Dense(width, name=f"dense_{block}_2")(inner)
    return keras.layers.Add(name=f"dense_add_{block}")([x, inner])


def _normalize(x, name):
    return keras.layers.LayerNormalization(epsilon=_EPSILON, name=name)(x)
