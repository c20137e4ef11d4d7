"""Distils CIFAR-10 or another image data set, from real data to a table.

    KERAS_BACKEND=torch python examples/cifar.py --quick

`--recipe` takes another system of the field than TGDD. The defaults are the
paper's and mean days on a CPU; `--quick` is done within ten minutes on two
cores. A second run finds its finished experts and goes on with an unfinished
one.
"""

import argparse
import dataclasses
import functools
import pathlib

import numpy as np
from sklearn.model_selection import train_test_split

import keras_tgdd
from comparison import Stopwatch
from comparison import compare
from comparison import print_json
from comparison import print_table
from comparison import write_outputs
from keras_tgdd import Progress
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.methods.building import planned_steps

# Settings that were not given on the command line: the paper's ...
PAPER = {
    "images_per_class": 10,
    "num_experts": 5,
    "expert_epochs": 60,
    "iterations": 10_000,
    "num_runs": 3,
    "epochs": 1500,
    "width": 128,
    "max_train": None,
    "max_test": None,
}
LARGE = {"expert_epochs": 80}
LARGE_EPOCHS = {1: 2000, 10: 1500, 50: 1000}
# ... and what two cores do in ten minutes, up to 32 pixels and above. The
# network is narrower, so these figures do not compare with published ones.
QUICK = {
    "num_experts": 1,
    "expert_epochs": 4,
    "iterations": 40,
    "num_runs": 2,
    "epochs": 40,
    "samples_per_class": 32,
    "width": 64,
    "max_train": 10_000,
    "max_test": 2_000,
}
QUICK_LARGE = {
    "images_per_class": 1,
    "expert_epochs": 4,
    "samples_per_class": 16,
    "width": 32,
    "max_train": 2_000,
    "max_test": 500,
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="cifar10", help="any TFDS name")
    parser.add_argument("--data-dir", help="where TFDS keeps its data")
    for name, value in PAPER.items():
        if not name.startswith("max_"):
            flag = "--" + name.replace("_", "-")
            parser.add_argument(flag, type=int, help=f"default: {value}")
    parser.add_argument(
        "--recipe",
        default="tgdd",
        choices=keras_tgdd.methods.__all__,
        help="default: tgdd",
    )
    for flag in ("--factor", "--samples-per-class"):
        parser.add_argument(flag, type=int, help="default: the recipe's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--output-dir", help="default: output/<dataset>, with _quick if so"
    )
    parser.add_argument(
        "--dtype-policy",
        help="of the networks; default: what is fastest here",
    )
    parser.add_argument(
        "--quick", action="store_true", help="ten minutes on two cores"
    )
    return parser.parse_args()


def settle(args, image_size):
    """Fills in what the command line left open."""
    large = image_size >= 64
    settings = {**PAPER, **(LARGE if large else {})}
    if args.quick:
        settings |= {**QUICK, **(QUICK_LARGE if large else {})}
    given = {k: v for k, v in vars(args).items() if v is not None}
    if large and not args.quick:
        per_class = given.get("images_per_class", PAPER["images_per_class"])
        settings["epochs"] = LARGE_EPOCHS.get(per_class, 1500)
    return argparse.Namespace(**{**vars(args), **settings, **given})


def subset(x, y, most, seed):
    """A stratified part of the data, for `--quick`."""
    if most is None or most >= len(x):
        return x, y
    index = train_test_split(
        np.arange(len(x)), train_size=most, stratify=y, random_state=seed
    )[0]
    return x[index], y[index]


def main():
    args = parse_arguments()
    data = keras_tgdd.datasets.load(args.dataset, args.data_dir)
    args = settle(args, data.image_shape[0])
    x, y = subset(data.x_train, data.y_train, args.max_train, args.seed)
    x_test, y_test = subset(data.x_test, data.y_test, args.max_test, args.seed)
    data = dataclasses.replace(
        data, x_train=x, y_train=y, x_test=x_test, y_test=y_test
    )
    name = args.dataset.replace("/", "_") + ("_quick" if args.quick else "")
    directory = pathlib.Path(args.output_dir or f"output/{name}")
    network_fn = functools.partial(keras_tgdd.models.ConvNet, width=args.width)
    stopwatch = Stopwatch()

    with stopwatch("expert"):
        experts = keras_tgdd.train_experts(
            network_fn,
            x,
            y,
            num_experts=args.num_experts,
            epochs=args.expert_epochs,
            directory=directory / "experts",
            validation_data=(x_test, y_test),
            mean=data.mean,
            std=data.std,
            class_names=data.class_names,
            seed=args.seed,
            dtype_policy=args.dtype_policy,
        )
    with stopwatch("distill"):
        recipe = getattr(keras_tgdd.methods, args.recipe)
        given = {
            name: getattr(args, name)
            for name in ("factor", "samples_per_class")
            if getattr(args, name) is not None
        }
        given |= planned_steps(recipe, args.iterations)
        trainer = recipe(
            data, experts, args.images_per_class, seed=args.seed, **given
        )
        trainer.fit(
            x,
            y,
            steps_per_epoch=args.iterations,
            callbacks=[Progress("distillation")],
            verbose=0,
        )
    distilled = trainer.distilled_dataset()
    output = write_outputs(distilled, directory)
    protocol = get_protocol("tgdd", epochs=args.epochs, flip=data.flip)
    with stopwatch("evaluate"):
        rows = compare(
            data,
            distilled,
            experts,
            protocol,
            args.num_runs,
            args.seed,
            network_fn,
            args.dtype_policy,
        )
    print_table(rows, protocol)
    print_json(data, distilled, rows, stopwatch.seconds, output)


if __name__ == "__main__":
    main()
