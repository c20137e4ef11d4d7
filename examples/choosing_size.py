"""Chooses the size of a distilled set: images per class, and factor.

    KERAS_BACKEND=torch python examples/choosing_size.py --quick

More images per class give higher accuracy, and cost more bytes and time. A
factor of 2 makes each image a mosaic of four, at half the resolution and in the
same number of bytes. The best choice depends on the data, so it is measured:
sets are distilled from two thirds of the training images, and networks trained
on them are tested on the last third. The test images stay unused, for the final
figure of the chosen size. Digits are enlarged to 16 pixels here. The example
takes some minutes, with `--quick` about one.

How to read the result: in the plot, choose the leftmost point that is accurate
enough. Where the line of factor 2 is higher, mosaics pay. Bars are standard
deviations over networks; smaller differences mean nothing. `--quick` trains one
network per set and has no bars.
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

FULL = {"expert_epochs": 30, "steps": 200, "epochs": 300, "runs": 3}
QUICK = {"expert_epochs": 8, "steps": 40, "epochs": 60, "runs": 1}
NAMES = ("per class", "factor", "bytes", "seconds", "accuracy", "std")
network = functools.partial(keras_tgdd.models.ConvNet, width=32)


def measure(distilled, held_out, args):
    """Returns accuracies of networks that are trained on a distilled set."""
    return keras_tgdd.evaluate(
        distilled,
        held_out,
        network=network,
        protocol=get_protocol("tgdd", epochs=args.epochs, flip=False),
        num_runs=args.runs,
    )


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
    digits = keras_tgdd.datasets.load("digits", image_size=16)
    x, x_held, y, y_held = train_test_split(
        digits.x_train, digits.y_train, test_size=1 / 3, random_state=0
    )
    data, kept = keras_tgdd.datasets.from_arrays(x, y), args.output_dir
    experts = keras_tgdd.train_experts(
        data, network, num_experts=1, epochs=args.expert_epochs, directory=kept
    )
    summaries = keras_tgdd.summarize(experts, data)  # for sets of all sizes
    rows = []
    for factor, size in itertools.product((1, 2), args.sizes):
        start = time.perf_counter()
        # The constraint weight is that of quickstart.py.
        tgdd = keras_tgdd.methods.TGDD(factor=factor, constraint_weight=0.1)
        trainer = tgdd.build(data, experts, size)
        trainer.fit(summaries, steps_per_epoch=args.steps, verbose=0)
        distilled = trainer.distilled_dataset()
        seconds = time.perf_counter() - start
        result = measure(distilled, (x_held, y_held), args)
        stored = storage(distilled, x).num_bytes
        rows.append((size, factor, stored, seconds, result.mean, result.std))
    for row in (NAMES, *rows):
        print("".join(f"{str(value)[:9]:>10}" for value in row))
    draw(pathlib.Path(kept) / "sizes.png", rows)
    print(json.dumps([dict(zip(NAMES, row)) for row in rows]))


if __name__ == "__main__":
    main()
