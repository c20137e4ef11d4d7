"""Makes a report of small sets, and explains how to read it.

    KERAS_BACKEND=torch python examples/reading_report.py --quick

Distilled digits are compared with real ones, chosen by herding and at random,
one or ten per class. It takes some minutes, with `--quick` about one.

**The table** has one row per set. Accuracy is the mean ± standard deviation of
fresh networks on test images; a difference within the deviations means nothing.
*Compression* is the size of all training images over the size of the set.

**Accuracy against images per class** shows what a larger set adds. Where the
lines meet, distilling is no longer worth its time.

**Accuracy against time** shows the cost of the gain. Dashed lines are sets of
real images, which take no time to make.

**Images**, here of the larger sets, should show their class. If they look like
noise, the pixels moved too far; if they look like photographs, hardly at all.

**Confusion** counts, for the images of each class (row), which class was
predicted (column). A column that is dark from top to bottom is a class that is
predicted for the images of many others.

**Features** shows real images (dots) and those of the set (crosses) early,
midway and late in the training of an expert. Crosses should lie among the dots
of their class. *Mismatch* is the distance of class means. A distilled set can
have more of it than herding and be more accurate: its constraint keeps classes
apart.
"""

import argparse
import functools
import json
import pathlib
import time

import keras_tgdd
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.evaluation import select_images

# The settings of quickstart.py.
TGDD = keras_tgdd.methods.TGDD(factor=1, constraint_weight=0.1)
FULL = {"expert_epochs": 40, "steps": 200, "epochs": 200, "runs": 3}
QUICK = {"expert_epochs": 8, "steps": 20, "epochs": 60, "runs": 1}


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
    path, kept = output / "report.html", output / "kept"
    data = keras_tgdd.datasets.load("digits")
    network = functools.partial(keras_tgdd.models.ConvNet, width=32)
    experts = keras_tgdd.train_experts(
        data, network, num_experts=1, epochs=args.expert_epochs, directory=kept
    )
    features = experts.features(data.x_train)
    protocol = get_protocol("tgdd", epochs=args.epochs, flip=data.flip)
    sets, seconds, results = {}, {}, {}
    for size in args.sizes:
        start = time.perf_counter()
        sets[f"distilled, {size}"] = keras_tgdd.distill(
            data, size, TGDD, experts=experts, steps=args.steps, directory=kept
        )
        seconds[f"distilled, {size}"] = time.perf_counter() - start
        for method in ("herding", "random"):
            name = f"{method}, {size}"
            sets[name] = select_images(data, size, method, features=features)
    for name, small_set in sets.items():
        results[name] = keras_tgdd.evaluate(
            small_set,
            data,
            network=network,
            protocol=protocol,
            num_runs=args.runs,
        )
    largest = f", {max(args.sizes)}"
    shown = {name: s for name, s in sets.items() if name.endswith(largest)}
    keras_tgdd.report(
        results, path, sets=shown, seconds=seconds, experts=experts, data=data
    )
    found = {name: result.mean for name, result in results.items()}
    print(keras_tgdd.evaluation.compare(results))
    print(json.dumps({"accuracies": found, "output": str(path)}))


if __name__ == "__main__":
    main()
