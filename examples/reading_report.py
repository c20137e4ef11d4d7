"""Makes a report of small sets, and says how to read it.

    KERAS_BACKEND=torch python examples/reading_report.py --quick

Distilled digits stand beside real ones chosen by herding and at random, one or
ten images per class. It takes some minutes; with `--quick`, about one.

**The table** has a row for each set. Accuracy is the mean ± standard deviation
of fresh networks on test images, after their last epoch; sets whose difference
is within the deviations are not told apart. A table is of one protocol, since
figures of different ones do not compare. *Compression* is bytes of all training
images over those of the set.

**Accuracy against images per class** shows what a larger set adds. Where the
lines meet, distilling is no longer worth its time.

**Accuracy against time** says what the lead costs. Dashed lines are sets of
real images, which take no time to make.

**Images**, here of the larger sets, should be told to be of their class. If
they look like noise, they were moved too far; if like photographs, hardly.

**Confusion**: off the diagonal stands what a class (row) is taken for. A column
that is dark from top to bottom is a class that swallows others.

**Features** shows real images (dots) and those of the set (crosses) early,
midway and late in the training of an expert. Crosses should lie among the dots
of their class. *Mismatch* is the distance of class means. Herding makes it
small; a distilled set can have more of it and be more accurate, since it is
also made to keep classes apart.
"""

import argparse
import functools
import json
import pathlib
import time

import keras_tgdd
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.evaluation import select_images

FULL = {"expert_epochs": 40, "iterations": 200, "epochs": 200, "runs": 3}
QUICK = {"expert_epochs": 8, "iterations": 20, "epochs": 60, "runs": 1}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--quick", action="store_true", help="a minute")
    for name in FULL:
        parser.add_argument("--" + name.replace("_", "-"), type=int)
    parser.add_argument("--output-dir", default="output/reading_report")
    parser.set_defaults(**(QUICK if parser.parse_args().quick else FULL))
    return parser.parse_args()


def main():
    args = parse_arguments()
    output = pathlib.Path(args.output_dir)
    data = keras_tgdd.datasets.load("digits")
    x, y, kept = data.x_train, data.y_train, output / "kept"
    network_fn = functools.partial(keras_tgdd.models.ConvNet, width=32)
    epochs = args.expert_epochs
    experts = keras_tgdd.train_experts(network_fn, x, y, 1, epochs, kept)
    features = experts.features(x)
    protocol = get_protocol("tgdd", epochs=args.epochs, flip=data.flip)
    sets, seconds, results = {}, {}, {}
    for size in args.sizes:
        start = time.perf_counter()
        sets[f"distilled, {size}"] = keras_tgdd.distill(
            x,
            y,
            size,
            factor=1,  # quarters of 8 x 8 pixels would hold no digit
            network_fn=network_fn,
            expert_epochs=epochs,
            iterations=args.iterations,
            constraint_weight=0.1,  # as in quickstart.py
            directory=kept,
        )
        seconds[f"distilled, {size}"] = time.perf_counter() - start
        for method in ("herding", "random"):
            name = f"{method}, {size}"
            sets[name] = select_images(x, y, size, method, features)
    for name, small_set in sets.items():
        results[name] = keras_tgdd.evaluate(
            small_set, data.x_test, data.y_test, network_fn, protocol, args.runs
        )
    path, largest = output / "report.html", f", {max(args.sizes)}"
    shown = {name: s for name, s in sets.items() if name.endswith(largest)}
    keras_tgdd.report(results, path, shown, seconds, experts, (x, y), "Digits")
    found = {name: result.mean for name, result in results.items()}
    print(keras_tgdd.evaluation.compare(results))
    print(json.dumps({"accuracies": found, "output": str(path)}))


if __name__ == "__main__":
    main()
