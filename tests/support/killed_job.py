"""A job that can be killed at any moment and started again.

    python tests/support/killed_job.py DIRECTORY OUTPUT

Experts, summaries and distillation of small made-up images; every state is
written as often as it can be. Prints a line when it begins.
"""

import pathlib
import signal
import sys

import numpy as np
from networks import small_network

import keras_tgdd
from keras_tgdd import DistillationCheckpoint
from keras_tgdd.distillation.summaries import partial_summaries


def main(directory, output):
    # Also where the shell that started all this ignores Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print("begun", flush=True)
    partial_summaries._SECONDS_BETWEEN_WRITES = 0.0
    directory = pathlib.Path(directory)
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (60, 8, 8, 2)).astype("uint8")
    y = np.arange(60) % 3
    experts = keras_tgdd.train_experts(
        (x, y),
        small_network,
        num_experts=2,
        epochs=3,
        directory=directory,
        verbose=0,
    )
    summaries = keras_tgdd.summarize(experts, (x, y), plan=20, verbose=0)
    synthetic = keras_tgdd.layers.SyntheticImages(3, 2, (8, 8, 2), factor=2)
    synthetic.adapt(x, y, seed=0)
    trainer = keras_tgdd.DistillationTrainer(synthetic, experts, seed=1)
    checkpoint = DistillationCheckpoint(directory / "state.safetensors", 0)
    trainer.fit(
        summaries,
        epochs=4,
        steps_per_epoch=10,
        callbacks=[checkpoint],
        verbose=0,
    )
    trainer.distilled_dataset().save(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
