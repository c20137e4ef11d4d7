"""Chooses the size of a distilled set: images per class, and factor.

    KERAS_BACKEND=torch python examples/choosing_size.py --quick

More images per class give more accuracy, and take more bytes and time. A factor
of 2 makes each image a mosaic of four, at half the resolution and in the same
bytes. What pays depends on the data, so it is measured: sets are made of two
thirds of the training images, and networks trained on them are tested on the
rest. The test images are left to tell the truth about what was chosen. Digits
are enlarged to 16 pixels here; it takes some minutes, and `--quick` about one.

How to read the result: in the plot, take the leftmost point that is accurate
enough. Where the line of factor 2 is higher, mosaics pay. Differences within
the bars, deviations over networks, say nothing; `--quick` trains one network
for each set and has no bars.
"""

import argparse
import functools
import itertools
import json
import pathlib
import time

import matplotlib.figure
from sklearn.model_selection import train_test_split

import keras_tgdd
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.evaluation.scores import storage

FULL = {"expert_epochs": 30, "iterations": 200, "epochs": 300, "runs": 3}
QUICK = {"expert_epochs": 8, "iterations": 40, "epochs": 60, "runs": 1}
NAMES = ("per class", "factor", "bytes", "seconds", "accuracy", "std")
network_fn = functools.partial(keras_tgdd.models.ConvNet, width=32)


def measure(x, y, held_out, args, size, factor):
    start = time.perf_counter()
    distilled = keras_tgdd.distill(
        x,
        y,
        images_per_class=size,
        factor=factor,
        network_fn=network_fn,
        expert_epochs=args.expert_epochs,
        iterations=args.iterations,
        constraint_weight=0.1,  # as in quickstart.py
        directory=args.output_dir,
        cache_summaries=True,
    )
    seconds = time.perf_counter() - start
    protocol = get_protocol("tgdd", epochs=args.epochs, flip=False)
    result = keras_tgdd.evaluate(
        distilled, *held_out, network_fn, protocol, args.runs
    )
    stored = storage(distilled, x).num_bytes
    return size, factor, stored, seconds, result.mean, result.std


def draw(path, rows):
    figure = matplotlib.figure.Figure((5, 4), dpi=150, layout="constrained")
    axis = figure.subplots()
    for factor, line in itertools.groupby(rows, lambda row: row[1]):
        _, _, stored, _, means, stds = zip(*line)
        axis.errorbar(stored, means, stds, label=f"factor {factor}", marker="o")
    axis.set(xscale="log", xlabel="bytes", ylabel="held-out accuracy")
    axis.legend()
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 3, 10])
    parser.add_argument("--quick", action="store_true", help="a minute")
    for name in FULL:
        parser.add_argument("--" + name.replace("_", "-"), type=int)
    parser.add_argument("--output-dir", default="output/choosing_size")
    parser.set_defaults(**(QUICK if parser.parse_args().quick else FULL))
    args = parser.parse_args()
    data = keras_tgdd.datasets.load("digits", image_size=16)
    x, x_held, y, y_held = train_test_split(
        data.x_train, data.y_train, test_size=1 / 3, random_state=0
    )
    # Made once: each distillation finds them.
    epochs, kept = args.expert_epochs, args.output_dir
    keras_tgdd.train_experts(network_fn, x, y, 1, epochs, kept).summarize(x, y)
    rows = [
        measure(x, y, (x_held, y_held), args, size, factor)
        for factor, size in itertools.product((1, 2), args.sizes)
    ]
    for row in (NAMES, *rows):
        print("".join(f"{str(value)[:9]:>10}" for value in row))
    draw(pathlib.Path(kept) / "sizes.png", rows)
    print(json.dumps([dict(zip(NAMES, row)) for row in rows]))


if __name__ == "__main__":
    main()
