"""Learned embeddings of positions."""

from typing import Any

import keras

from keras_tgdd.arguments import Shape
from keras_tgdd.arguments import Tensor


@keras.saving.register_keras_serializable(package="keras_tgdd")
class PositionEmbedding(keras.layers.Layer):
    """Adds a learned vector to each position of a sequence.

    Args:
        embeddings_initializer: Keras initializer of the vectors. `None` is
            `keras.initializers.TruncatedNormal(stddev=0.02)`.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: float tensor of shape `(batch, length, width)`. Length and
            width must be known.

    Returns:
        A tensor of the shape of `inputs`.

    Example:

    ```python
    y = keras_tgdd.layers.PositionEmbedding()(np.ones((2, 5, 3)))
    ```

    References:
        - [Dosovitskiy et al., 2021](https://arxiv.org/abs/2010.11929)
    """

    def __init__(
        self, embeddings_initializer: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if embeddings_initializer is None:
            embeddings_initializer = keras.initializers.TruncatedNormal(
                stddev=0.02
            )
        self.embeddings_initializer = keras.initializers.get(
            embeddings_initializer
        )
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=tuple(input_shape[1:]),
            initializer=self.embeddings_initializer,
        )

    def call(self, inputs: Tensor) -> Tensor:
        return inputs + keras.ops.cast(self.embeddings, inputs.dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "embeddings_initializer": keras.initializers.serialize(
                self.embeddings_initializer
            ),
        }
