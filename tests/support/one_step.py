"""One distillation step from stored weights, images and draws.

    KERAS_BACKEND=jax python tests/support/one_step.py EXPERTS OUTPUT

Prints nothing; writes loss, pixel movement and features as safetensors. The
steps are made by `fit`, compiled as each backend compiles.
"""

import sys

import keras
import numpy as np
from safetensors.numpy import save_file

import keras_tgdd


def data():
    generator = np.random.default_rng(2)
    y = np.repeat(np.arange(3), 6)
    x = generator.integers(0, 256, (18, 16, 16, 3)).astype("uint8")
    return x, y


def main(directory, output):
    x, y = data()
    experts = keras_tgdd.ExpertTrajectories.load(directory)
    synthetic = keras_tgdd.layers.SyntheticImages(3, 2, (16, 16, 3))
    synthetic.adapt(x, y, seed=0)
    augmentation = keras_tgdd.layers.SiameseAugmentation(
        ("flip", "color", "crop", "scale", "rotate", "cutout")
    )
    trainer = keras_tgdd.DistillationTrainer(
        synthetic,
        experts,
        augmentation=augmentation,
        samples_per_class=4,
        max_decoded=6,
        seed=1,
    )
    # Momentum 0 and a small rate: the movement is the image gradient.
    trainer.compile(keras.optimizers.SGD(1e-3), jit_compile=None)
    start = keras.ops.convert_to_numpy(synthetic.images.value)
    losses = []
    for _ in range(3):
        history = trainer.fit(x, y, steps_per_epoch=1, verbose=0).history
        losses.append([history[k][0] for k in ("matching", "constraint")])
        if len(losses) == 1:
            end = keras.ops.convert_to_numpy(synthetic.images.value)
            gradient = (start - end) / 1e-3
    images = experts.normalization.apply(x[:4])
    features, outputs = experts.network(experts.weights(0, -1), images)
    save_file(
        {
            "start": np.array(start),
            "losses": np.array(losses, "float32"),
            "gradient": np.array(gradient, "float32"),
            "features": np.array(keras.ops.convert_to_numpy(features)),
            "outputs": np.array(keras.ops.convert_to_numpy(outputs)),
        },
        output,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
