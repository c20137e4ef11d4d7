"""Average pooling of blocks that do not overlap."""

from typing import Any

import keras
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.runtime.compilation import pools_by_mean


@keras.saving.register_keras_serializable(package="keras_tgdd")
class BlockAveragePooling2D(keras.layers.AveragePooling2D):
    """Averages blocks of `pool_size` pixels, and drops incomplete blocks.

    Returns the values of `keras.layers.AveragePooling2D` with strides equal to
    `pool_size` and `"valid"` padding, channels last. On PyTorch, which fuses
    it with the layers before, it is a mean over axes.

    Args:
        pool_size: int or pair of ints. Defaults to `2`.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.

    Returns:
        A tensor of shape
        `(batch, height // pool_size, width // pool_size, channels)`.

    Example:

    ```python
    y = keras_tgdd.layers.BlockAveragePooling2D(2)(np.ones((1, 5, 4, 3)))
    ```
    """

    def __init__(
        self, pool_size: int | tuple[int, int] = 2, **kwargs: Any
    ) -> None:
        for fixed in ("strides", "padding", "data_format"):
            kwargs.pop(fixed, None)  # `get_config` has them
        super().__init__(pool_size, data_format="channels_last", **kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        if not pools_by_mean():
            return super().call(inputs)
        rows, columns = self.pool_size
        height, width, channels = inputs.shape[1:]
        high, wide = height // rows, width // columns
        blocks = inputs[:, : high * rows, : wide * columns]
        blocks = ops.reshape(blocks, (-1, high, rows, wide, columns, channels))
        # Not a mean: its gradient has a division per pixel.
        return ops.sum(blocks, axis=(2, 4)) * (1.0 / (rows * columns))
