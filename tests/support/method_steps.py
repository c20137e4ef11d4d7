"""Two steps of every method from stored experts.

    KERAS_BACKEND=jax python tests/support/method_steps.py EXPERTS OUTPUT

Writes losses and the movement of the pixels of each as safetensors.
"""

import sys

import keras
import numpy as np
from one_step import data
from safetensors.numpy import save_file

import keras_tgdd
from keras_tgdd import methods


def main(directory, output):
    experts = keras_tgdd.ExpertTrajectories.load(directory)
    results = {}
    for name in methods.method_names():
        changes = {"samples_per_class": 4}
        if name == "idm":  # a long training magnifies the last digits
            changes["steps_per_training"] = 5
        method = methods.get_method(name).replace(**changes)
        trainer = method.build(data(), experts, 1, seed=3)
        # The movement is the image gradient.
        trainer.compile(keras.optimizers.SGD(1e-4))
        start = np.array(keras.ops.convert_to_numpy(trainer.synthetic.images))
        history = trainer.fit(*data(), epochs=2, steps_per_epoch=1, verbose=0)
        end = keras.ops.convert_to_numpy(trainer.synthetic.images)
        results[f"{name}/losses"] = np.float32(history.history["loss"])
        results[f"{name}/movement"] = np.array(end - start)
    save_file(results, output)


if __name__ == "__main__":
    main(*sys.argv[1:])
