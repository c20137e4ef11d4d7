"""A multi-layer perceptron."""

import keras

from keras_tgdd.arguments import check_positive_int
from keras_tgdd.models import blocks


def MLP(
    input_shape: tuple[int, ...],
    num_classes: int,
    width: int = 128,
    name: str = "mlp",
) -> keras.Model:
    """Builds a multi-layer perceptron with two hidden layers and ReLU.

    Args:
        input_shape: triple of ints, `(height, width, channels)`.
        num_classes: int, number of logits.
        width: int, units of each hidden layer. Defaults to `128`.
        name: string, name of the model.

    Returns:
        A functional `keras.Model` from normalized images to logits of shape
        `(batch, num_classes)`; 411,146 weights for CIFAR-10.

    Raises:
        ValueError: if a number is not a positive integer.

    Example:

    ```python
    network = keras_tgdd.models.MLP((32, 32, 3), 10)
    ```

    References:
        - [Zhao et al., 2021](https://arxiv.org/abs/2006.05929)
    """
    check_positive_int("num_classes", num_classes)
    check_positive_int("width", width)
    inputs = keras.Input(tuple(input_shape), name="images")
    x = keras.layers.Flatten(data_format="channels_last", name="pixels")(inputs)
    for number in (1, 2):
        x = keras.layers.Dense(
            width,
            name=f"dense_{number}",
            **blocks.uniform_initializers(x.shape[-1]),
        )(x)
        x = blocks.relu(x, "features" if number == 2 else "relu_1")
    return keras.Model(inputs, blocks.logits(x, num_classes), name=name)
