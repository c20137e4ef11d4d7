"""Normalization of pixels inside a compiled step."""

import keras
from keras import ops

from keras_tgdd.arguments import Tensor


def normalize(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Maps images to `(image - mean) / std`, in float32.

    Args:
        images: tensor of shape `(..., channels)`, uint8 in 0–255 or float in
            [0, 1].
        mean: float32 tensor of shape `(channels,)`, in [0, 1] units.
        std: as `mean`.

    Returns:
        float32 tensor of the shape of `images`.
    """
    scale = (
        255.0
        if keras.backend.standardize_dtype(images.dtype) == "uint8"
        else 1.0
    )
    images = ops.cast(images, "float32")
    return (images - scale * mean) / (scale * std)
