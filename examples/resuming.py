"""Resumes an interrupted distillation, bit for bit.

    KERAS_BACKEND=torch python examples/resuming.py

A distillation can take days, and machines fail. A `DistillationCheckpoint`
keeps pixels, optimizer and step number in a file, and the same call resumes
from it. No randomness is lost: the draws of step `t` come from a generator that
is seeded by `t`, so the resumed run makes the same steps as an uninterrupted
one.

Here one distillation of handwritten digits runs undisturbed, and another is
interrupted; then a new trainer makes the same call. It takes about a minute.

How to read the result: the second call resumes from the step of the last file
(`seconds=0` writes one after each step; the default is every 30 seconds). On
one machine and backend the largest difference of pixels must be exactly 0. On
another, sums are rounded differently, and the last digits of pixels differ.

`keras_tgdd.distill(directory=...)` does all of this by itself.
"""

import argparse
import functools
import json
import pathlib

import keras
import numpy as np

import keras_tgdd
from keras_tgdd import DistillationCheckpoint


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--expert-epochs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--interrupt-at", type=int, default=25)
    parser.add_argument("--output-dir", default="output/resuming")
    return parser.parse_args()


class Steps(keras.callbacks.Callback):
    """Counts steps, and interrupts like Ctrl-C before a given one."""

    def __init__(self, interrupt_at=None):
        super().__init__()
        self.interrupt_at, self.made = interrupt_at, 0

    def on_train_batch_begin(self, batch, logs=None):
        if batch == self.interrupt_at:
            raise KeyboardInterrupt
        self.made += 1


def distil(data, experts, args, *callbacks):
    """Distils by a new trainer; every call is the same."""
    method = keras_tgdd.methods.TGDD(factor=1)
    trainer = method.build(data, experts, images_per_class=1)
    trainer.fit(
        data,
        steps_per_epoch=args.steps,
        callbacks=list(callbacks),
        verbose=0,
    )
    return trainer.distilled_dataset()


def main():
    args = parse_arguments()
    output = pathlib.Path(args.output_dir)
    data = keras_tgdd.datasets.load("digits")
    experts = keras_tgdd.train_experts(
        data,
        functools.partial(keras_tgdd.models.ConvNet, width=32),
        num_experts=1,
        epochs=args.expert_epochs,
        directory=output / "experts",
    )
    undisturbed = distil(data, experts, args)
    path = output / "state.safetensors"
    path.unlink(missing_ok=True)  # of an earlier run of this page
    checkpoint = DistillationCheckpoint(path, seconds=0)
    try:
        distil(data, experts, args, checkpoint, Steps(args.interrupt_at))
    except KeyboardInterrupt:
        print(f"interrupted before step {args.interrupt_at}")
    left = Steps()
    resumed = distil(data, experts, args, DistillationCheckpoint(path), left)
    difference = float(np.abs(resumed.images - undisturbed.images).max())
    print(f"resumed at step {args.steps - left.made}; pixels: {difference}")
    resumed.save(output / "distilled.safetensors")
    resumed.to_grid(output / "distilled.png")
    found = {"steps_left": left.made, "largest_difference": difference}
    print(json.dumps({**vars(args), **found}))


if __name__ == "__main__":
    main()
