"""Multi-formation: one stored image decodes to several training images."""

from typing import Any

import keras
from keras import ops

from keras_tgdd.arguments import Shape
from keras_tgdd.arguments import Tensor


@keras.saving.register_keras_serializable(package="keras_tgdd")
class MultiFormation(keras.layers.Layer):
    """Cuts images into `factor` x `factor` tiles and enlarges each one.

    Each image of side `s` is padded with 0.5 at its lower and right edge to
    `factor * ceil(s / factor)`, cut into tiles, and every tile is up-sampled
    bilinearly (half-pixel centres) to the full size. Decoded images are
    ordered by image, then by tile, row by row.

    Args:
        factor: positive int, tiles along each side. `1` changes nothing.
            Defaults to `2`.
        **kwargs: arguments of `keras.layers.Layer`. The dtype is float32
            unless given, since decoded pixels feed losses.

    Call arguments:
        images: float tensor of shape
            `(n_classes, images_per_class, height, width, channels)`.
        selection: optional int tensor of shape `(n_classes, n_selected)`:
            which of the `images_per_class * factor**2` decoded images of each
            class to return. `None` returns all.

    Returns:
        A tensor of shape `(n_classes, n, height, width, channels)`.

    Raises:
        ValueError: if `factor` is not a positive integer, or larger than a
            side of the image.

    Example:

    ```python
    decoded = keras_tgdd.layers.MultiFormation(factor=2)(images)
    ```

    References:
        - [Kim et al., 2022](https://arxiv.org/abs/2205.14959), section 3.3
    """

    def __init__(
        self, factor: int = 2, dtype: Any = "float32", **kwargs: Any
    ) -> None:
        super().__init__(dtype=dtype, **kwargs)
        if not isinstance(factor, int) or factor < 1:
            raise ValueError(
                "`factor` must be a positive integer. Received: "
                f"factor={factor}"
            )
        self.factor = factor

    def build(self, input_shape: Shape) -> None:
        if len(input_shape) != 5:
            raise ValueError(
                "`images` must have shape (n_classes, images_per_class, "
                f"height, width, channels). Received: shape={input_shape}"
            )
        if self.factor > min(side or 0 for side in input_shape[2:4]):
            raise ValueError(
                "`factor` must not be larger than a side of the image. "
                f"Received: factor={self.factor}, image size="
                f"{tuple(input_shape[2:4])}"
            )

    def call(self, images: Tensor, selection: Tensor | None = None) -> Tensor:
        tiles = self.cut(images) if self.factor > 1 else images
        if selection is not None:
            index = ops.cast(selection, "int32")[:, :, None, None, None]
            tiles = ops.take_along_axis(tiles, index, axis=1)
        if self.factor == 1:
            return tiles
        height, width, channels = images.shape[2:]
        num_classes = images.shape[0]
        flat = ops.reshape(tiles, (-1, *tiles.shape[2:]))
        flat = ops.image.resize(
            flat,
            (height, width),
            interpolation="bilinear",
            data_format="channels_last",
        )
        return ops.reshape(flat, (num_classes, -1, height, width, channels))

    def cut(self, images: Tensor) -> Tensor:
        """Cuts images into tiles.

        Args:
            images: float tensor of shape
                `(n_classes, images_per_class, height, width, channels)`.

        Returns:
            A tensor of shape `(n_classes, images_per_class * factor**2,
            ceil(height / factor), ceil(width / factor), channels)`.
        """
        factor = self.factor
        num_classes, per_class, height, width, channels = images.shape
        tile_height, tile_width = self.tile_size((height, width))
        images = _pad(images, 2, factor * tile_height - height)
        images = _pad(images, 3, factor * tile_width - width)
        tiles = ops.reshape(
            images,
            (
                num_classes * per_class,
                factor,
                tile_height,
                factor,
                tile_width,
                channels,
            ),
        )
        tiles = ops.transpose(tiles, (0, 1, 3, 2, 4, 5))
        return ops.reshape(
            tiles,
            (
                num_classes,
                per_class * factor**2,
                tile_height,
                tile_width,
                channels,
            ),
        )

    def tile_size(self, image_size: tuple[int, int]) -> tuple[int, int]:
        """Returns the (height, width) of the tiles of an image, in pixels.

        Args:
            image_size: pair of ints, (height, width) of the image.
        """
        height, width = image_size
        return -(-height // self.factor), -(-width // self.factor)

    def compute_output_shape(
        self, images_shape: Shape, selection_shape: Shape | None = None
    ) -> Shape:
        num_classes, per_class, *image_shape = images_shape
        count = per_class and per_class * self.factor**2
        if selection_shape is not None:
            count = selection_shape[1]
        return (num_classes, count, *image_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


def _pad(images, axis, amount):
    """Appends `amount` positions of value 0.5 along an axis.

    Not `ops.pad`: it builds an operation with a new name at each call, for
    which torch.compile would compile every step anew.
    """
    if amount == 0:
        return images
    shape = list(images.shape)
    shape[axis] = amount
    edge = ops.full(shape, 0.5, dtype=images.dtype)
    return ops.concatenate([images, edge], axis=axis)
