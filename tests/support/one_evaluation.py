"""An evaluation of a few steps from a seed alone.

    KERAS_BACKEND=jax python tests/support/one_evaluation.py OUTPUT

Writes the weights it starts with, those it ends with, and the accuracy, as
safetensors. Network and protocol are a user's own.
"""

import sys

import keras
import numpy as np
from one_step import data
from safetensors.numpy import save_file

import keras_tgdd
from keras_tgdd.models.frozen_network import flat_weights
from keras_tgdd.models.seeding import draw_weights
from keras_tgdd.training import TrainingRecipe


def network_fn(input_shape, num_classes):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(num_classes),
        ]
    )


def main(output):
    x, y = data()
    networks = []

    def remembering(*arguments):
        networks.append(network_fn(*arguments))
        return networks[-1]

    protocol = TrainingRecipe(
        "mine", 2, batch_size=6, augmentation=("color", "crop"), cutmix=0.5
    )
    result = keras_tgdd.evaluate(
        (x, y),
        (x, y),
        network=remembering,
        protocol=protocol,
        num_runs=1,
        seed=4,
        verbose=0,
    )
    fresh = network_fn(x.shape[1:], 3)
    draw_weights(fresh, [4, 0, 0])  # as `evaluate` seeds its first network
    save_file(
        {
            "start": flat_weights(fresh),
            "end": flat_weights(networks[0]),
            "accuracy": np.array(result.runs, "float32"),
        },
        output,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
