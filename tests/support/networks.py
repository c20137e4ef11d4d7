"""Networks that train in a second."""

import keras

import keras_tgdd


def small_network(input_shape, num_classes):
    """A ConvNet of one block with four filters."""
    return keras_tgdd.models.ConvNet(input_shape, num_classes, width=4, depth=1)


def softmax_network(input_shape, num_classes):
    """A user's network: batch normalization, dropout, ends in a softmax."""
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Conv2D(4, 3, data_format="channels_last"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.ReLU(),
            keras.layers.GlobalAveragePooling2D(
                data_format="channels_last", name="pooled"
            ),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(num_classes, activation="softmax"),
        ]
    )
