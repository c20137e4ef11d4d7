"""Distils CIFAR-10 or another image data set, from real data to a table.

    KERAS_BACKEND=torch python examples/cifar.py --quick

`--method` distils by another method than TGDD. The defaults are the paper's and
take days on a CPU; `--quick` takes ten minutes on two cores. A second run loads
finished experts and resumes an unfinished one.
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

# Defaults of the command line: the paper's ...
PAPER = {
    "images_per_class": 10,
    "num_experts": 5,
    "expert_epochs": 60,
    "steps": 10_000,
    "num_runs": 3,
    "epochs": 1500,
    "width": 128,
    "max_train": None,
    "max_test": None,
}
LARGE = {"expert_epochs": 80}
LARGE_EPOCHS = {1: 2000, 10: 1500, 50: 1000}
# ... and those of `--quick`, up to 32 pixels and above. The network is
# narrower, so its accuracies do not compare with published ones.
QUICK = {
    "num_experts": 1,
    "expert_epochs": 4,
    "steps": 40,
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
# Fields of the method that the command line sets.
METHOD_FIELDS = ("factor", "samples_per_class")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="cifar10", help="any TFDS name")
    parser.add_argument("--data-dir", help="where TFDS keeps its data")
    for name, value in PAPER.items():
        if not name.startswith("max_"):
            flag = "--" + name.replace("_", "-")
            parser.add_argument(flag, type=int, help=f"default: {value}")
    parser.add_argument(
        "--method",
        default="tgdd",
        choices=keras_tgdd.methods.method_names(),
        help="default: tgdd",
    )
    for flag in METHOD_FIELDS:
        flag = "--" + flag.replace("_", "-")
        parser.add_argument(flag, type=int, help="default: the method's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--output-dir", help="default: output/<dataset>[_quick]"
    )
    parser.add_argument(
        "--dtype-policy",
        help="of the networks; default: the fastest on this machine",
    )
    parser.add_argument(
        "--quick", action="store_true", help="ten minutes on two cores"
    )
    return parser.parse_args()


def complete(args, image_size):
    """Completes the arguments by the defaults for this image size."""
    large = image_size >= 64
    settings = {**PAPER, **(LARGE if large else {})}
    if args.quick:
        settings |= {**QUICK, **(QUICK_LARGE if large else {})}
    given = {k: v for k, v in vars(args).items() if v is not None}
    if large and not args.quick:
        per_class = given.get("images_per_class", PAPER["images_per_class"])
        settings["epochs"] = LARGE_EPOCHS.get(per_class, 1500)
    return argparse.Namespace(**{**vars(args), **settings, **given})


def chosen_method(args):
    """Returns the method with the fields of the command line."""
    given = {name: getattr(args, name) for name in METHOD_FIELDS}
    given = {name: value for name, value in given.items() if value is not None}
    return keras_tgdd.methods.get_method(args.method).replace(**given)


def subset(x, y, most, seed):
    """Returns a stratified part of the data, for `--quick`."""
    if most is None or most >= len(x):
        return x, y
    index = train_test_split(
        np.arange(len(x)), train_size=most, stratify=y, random_state=seed
    )[0]
    return x[index], y[index]


def main():
    args = parse_arguments()
    data = keras_tgdd.datasets.load(args.dataset, args.data_dir)
    args = complete(args, data.image_shape[0])
    x, y = subset(data.x_train, data.y_train, args.max_train, args.seed)
    x_test, y_test = subset(data.x_test, data.y_test, args.max_test, args.seed)
    data = dataclasses.replace(
        data, x_train=x, y_train=y, x_test=x_test, y_test=y_test
    )
    name = args.dataset.replace("/", "_") + ("_quick" if args.quick else "")
    directory = pathlib.Path(args.output_dir or f"output/{name}")
    network = functools.partial(keras_tgdd.models.ConvNet, width=args.width)
    stopwatch = Stopwatch()

    with stopwatch("expert"):
        experts = keras_tgdd.train_experts(
            data,
            network,
            num_experts=args.num_experts,
            epochs=args.expert_epochs,
            directory=directory / "experts",
            validation_data=data.test,
            seed=args.seed,
            dtype_policy=args.dtype_policy,
        )
    with stopwatch("distill"):
        trainer = chosen_method(args).build(
            data,
            experts,
            args.images_per_class,
            steps=args.steps,
            seed=args.seed,
        )
        trainer.fit(
            data,
            steps_per_epoch=args.steps,
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
            num_runs=args.num_runs,
            seed=args.seed,
            network=network,
            dtype_policy=args.dtype_policy,
        )
    print_table(rows, protocol)
    print_json(data, distilled, rows, stopwatch.seconds, output)


if __name__ == "__main__":
    main()
