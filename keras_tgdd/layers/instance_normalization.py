"""Instance normalization."""

from typing import Any

import keras
from keras import ops

from keras_tgdd.arguments import Shape
from keras_tgdd.arguments import Tensor


@keras.saving.register_keras_serializable(package="keras_tgdd")
class InstanceNormalization(keras.layers.Layer):
    """Normalizes each channel of each image to mean 0 and variance 1.

    Computes `(x - mean) / sqrt(var + epsilon) * gamma + beta`, with mean and
    variance over the spatial axes of one image and one channel.
    `keras.layers.GroupNormalization(groups=-1)` computes the same with a
    default epsilon of 1e-3; published networks of dataset distillation use
    1e-5. Statistics are float32 under every dtype policy.

    Args:
        epsilon: positive float, added to the variance. Defaults to `1e-5`.
        center: whether to add the learned offset `beta`. Defaults to `True`.
        scale: whether to multiply by the learned `gamma`. Defaults to `True`.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: float tensor of shape `(batch, ..., channels)`.

    Returns:
        A tensor of the shape of `inputs`.

    Raises:
        ValueError: if `epsilon` is not positive, or the input has no spatial
            axis or an unknown number of channels.

    Example:

    ```python
    y = keras_tgdd.layers.InstanceNormalization()(np.ones((2, 8, 8, 3)))
    ```

    References:
        - [Ulyanov et al., 2016](https://arxiv.org/abs/1607.08022)
    """

    def __init__(
        self,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not epsilon > 0:
            raise ValueError(
                f"`epsilon` must be positive. Received: epsilon={epsilon}"
            )
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        channels = input_shape[-1]
        if len(input_shape) < 3 or channels is None:
            raise ValueError(
                "Inputs must have shape (batch, ..., channels) with at least "
                "one spatial axis and a known number of channels. Received: "
                f"input_shape={input_shape}"
            )
        self.gamma = (
            self.add_weight(shape=(channels,), initializer="ones", name="gamma")
            if self.scale
            else None
        )
        self.beta = (
            self.add_weight(shape=(channels,), initializer="zeros", name="beta")
            if self.center
            else None
        )

    def call(self, inputs: Tensor) -> Tensor:
        axes = tuple(range(1, len(inputs.shape) - 1))
        x = ops.cast(inputs, "float32")
        # E[x^2] - E[x]^2 reads the activations once, ops.var twice: the
        # forward pass is 1.4 to 1.6 times faster on the JAX CPU backend.
        # Sums times a constant instead of means, and a ReLU instead of a
        # maximum: their gradients have no division per pixel.
        share = _share(inputs, axes)
        mean = share * ops.sum(x, axis=axes, keepdims=True)
        squares = share * ops.sum(ops.square(x), axis=axes, keepdims=True)
        variance = ops.relu(squares - ops.square(mean))
        scale = ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            scale = scale * ops.cast(self.gamma, "float32")
        offset = -mean * scale
        if self.beta is not None:
            offset = offset + ops.cast(self.beta, "float32")
        # The last product has the dtype of the activations. A bfloat16
        # training step on PyTorch is 1.15 times faster for it.
        scale = ops.cast(scale, self.compute_dtype)
        return inputs * scale + ops.cast(offset, self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
        }


def _share(inputs, axes):
    """Returns 1 / number of pixels, a tensor if a side is unknown."""
    shape = ops.shape(inputs)
    pixels = 1
    for axis in axes:
        pixels = pixels * shape[axis]
    if not isinstance(pixels, int):
        pixels = ops.cast(pixels, "float32")
    return 1.0 / pixels
