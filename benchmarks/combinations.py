"""Combinations of the parts of several methods, compared on held-out data.

    KERAS_BACKEND=torch python benchmarks/combinations.py
    KERAS_BACKEND=torch python benchmarks/combinations.py tgdd covariance --test

Every combination distils along the same expert for the same processor time,
which starts after the first steps, because they compile. The learning rate
falls along a cosine of that time to zero; only `tgdd` keeps the paper's
constant rate. Fresh networks are trained on the distilled set and tested on a
held-out tenth of the training data. With `--test`, expert and set are made from
all training data, and the networks are tested on the test data. Stores
`results/combinations_<dataset>.json` or `..._test.json`; a stored combination
is not repeated. Prints one JSON line last.
"""

import argparse
import dataclasses
import functools
import json
import math
import pathlib
import shlex
import sys
import time
from collections.abc import Callable

import entries
import keras
import numpy as np
from starts import start_images
from stored_results import RESULTS
from stored_results import read

import keras_tgdd
from keras_tgdd import objectives
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.layers import SiameseAugmentation
from keras_tgdd.training import short_recipe
from keras_tgdd.trajectories import InterpolatedExperts

# Steps between two readings of the clock.
_STEPS = 5


def stages(experts):
    """The snapshots of an expert, as TGDD uses them."""
    return experts


def layers(experts):
    """The same, with the feature maps of the last two blocks added."""
    names = [layer.name for layer in experts.network.network.layers]
    maps = [name for name in names if name.startswith("relu_")]
    return experts.with_feature_layer([*maps[-2:], "features"])


@dataclasses.dataclass(frozen=True)
class Combination:
    """A choice of parts. All others are those of `keras_tgdd.methods.TGDD`.

    Attributes:
        objective: function that returns the objective.
        trajectory: function of experts that returns the trajectory.
        start: method of `select_images` that chooses the real images of the
            starting mosaics.
        rate: float, initial learning rate at 10 images per class, to whose
            number it is proportional.
        falls: bool, whether the rate falls to zero.
        constraint_weight: float. Where an objective is some powers of ten
            smaller than class means, the weight is as much smaller and the
            rate as much larger.
        strategies: tuple of strings, strategies of the augmentation.
    """

    objective: Callable = objectives.ClassMeanMatching
    trajectory: Callable = stages
    start: str = "k_means"
    rate: float = 0.2
    falls: bool = True
    constraint_weight: float = 2.5
    strategies: tuple = ("color", "crop", "cutout")


COMBINATIONS = {
    "tgdd": Combination(start="random", rate=0.1, falls=False),
    "k_means": Combination(),
    "interpolated": Combination(trajectory=InterpolatedExperts),
    "covariance": Combination(objectives.CovarianceMatching),
    "kernel": Combination(
        objectives.KernelMatching, rate=20.0, constraint_weight=0.025
    ),
    "characteristic": Combination(
        objectives.CharacteristicFunctionMatching, constraint_weight=1.0
    ),
    "layers": Combination(
        functools.partial(
            objectives.LayerMatching, (0.1, 0.1, 1.0), discrimination_weight=0.0
        ),
        layers,
    ),
    "discrimination": Combination(
        functools.partial(objectives.LayerMatching, (1.0,)),
        lambda experts: experts.with_feature_layer(["features"]),
    ),
    "sliced": Combination(
        objectives.SlicedWassersteinMatching, rate=100.0, constraint_weight=5e-3
    ),
    "six_augmentations": Combination(
        strategies=("flip", "color", "crop", "scale", "rotate", "cutout")
    ),
    "without_cutout": Combination(strategies=("color", "crop")),
    "crop_alone": Combination(strategies=("crop",)),
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names",
        nargs="*",
        help=f"default: all of {', '.join(COMBINATIONS)}",
    )
    parser.add_argument("--dataset", default="fashion_mnist")
    parser.add_argument("--data-dir", help="where TFDS keeps its data")
    parser.add_argument("--test", action="store_true", help="use test data")
    parser.add_argument("--images-per-class", type=int, default=10)
    parser.add_argument(
        "--seconds", type=float, default=200, help="of processor time"
    )
    parser.add_argument("--expert-epochs", type=int, default=12)
    parser.add_argument("--width", type=int, default=64, help="of the expert")
    parser.add_argument(
        "--network-width", type=int, default=128, help="of fresh networks"
    )
    parser.add_argument("--samples-per-class", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=200, help="of evaluation")
    parser.add_argument("--num-runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output-dir", default="output/combinations")
    parser.add_argument("--results-dir", default=RESULTS, type=pathlib.Path)
    return parser.parse_args()


class FallingRate(keras.callbacks.Callback):
    """Decays a learning rate along a cosine of processor time, then stops.

    Args:
        seconds: float, processor time after the first epoch.
        rate: float, initial learning rate.
        falls: bool, whether the rate decays; `False` keeps it constant.
    """

    def __init__(self, seconds, rate, falls):
        super().__init__()
        self.seconds, self.rate, self.falls = seconds, rate, falls
        self.since = None

    def on_epoch_end(self, epoch, logs=None):
        self.model.distilled_dataset()  # waits for the steps
        if self.since is None:  # the first epoch compiles
            self.since = time.process_time()
        share = (time.process_time() - self.since) / self.seconds
        self.model.stop_training = share >= 1
        if self.falls:
            falling = 0.5 * (1 + math.cos(math.pi * min(share, 1)))
            self.model.optimizer.learning_rate = self.rate * falling


def held_out(data):
    """Returns a data set whose test part is a tenth of the training data."""
    order = np.random.default_rng(7).permutation(len(data.x_train))
    last, first = np.split(order, [len(order) // 10])
    return dataclasses.replace(
        data,
        x_train=data.x_train[first],
        y_train=data.y_train[first],
        x_test=data.x_train[last],
        y_test=data.y_train[last],
    )


def train_expert(args, data):
    kind = "all" if args.test else "held_out"
    name = f"{args.dataset}_{kind}_{args.expert_epochs}_width_{args.width}"
    return keras_tgdd.train_experts(
        data,
        functools.partial(keras_tgdd.models.ConvNet, width=args.width),
        num_experts=1,
        directory=pathlib.Path(args.output_dir) / name,
        recipe=short_recipe(args.expert_epochs, data.image_shape[0]),
        snapshots_per_epoch=2,
        seed=args.seed,
    )


def distil(args, data, experts, combination):
    """Returns the trainer of a combination after its time."""
    synthetic = start_images(
        data,
        args.images_per_class,
        combination.start,
        features=lambda: experts.features(data.x_train),
        seed=args.seed,
    )
    trainer = keras_tgdd.DistillationTrainer(
        synthetic,
        combination.trajectory(experts),
        combination.objective(),
        constraint_weight=combination.constraint_weight,
        augmentation=SiameseAugmentation(combination.strategies),
        samples_per_class=args.samples_per_class,
        seed=args.seed,
    )
    rate = combination.rate * args.images_per_class / 10
    trainer.compile(keras.optimizers.SGD(rate, momentum=0.5))
    trainer.fit(
        data,
        epochs=10_000,
        steps_per_epoch=_STEPS,
        callbacks=[FallingRate(args.seconds, rate, combination.falls)],
        verbose=0,
    )
    return trainer


def measure(name, args, data, experts):
    """Distils and evaluates a combination; returns a JSON-compatible dict."""
    combination = COMBINATIONS[name]
    trainer = distil(args, data, experts, combination)
    distilled = trainer.distilled_dataset()
    size = args.images_per_class
    set_name = f"{args.dataset}_{name}_{size}.safetensors"
    path = pathlib.Path(args.output_dir) / set_name
    distilled.save(path)
    result = keras_tgdd.evaluate(
        distilled,
        data,
        network=functools.partial(
            keras_tgdd.models.ConvNet, width=args.network_width
        ),
        protocol=get_protocol("tgdd", args.epochs, data.flip),
        num_runs=args.num_runs,
        seed=args.seed,
        description=name,
    )
    print(f"{name}: {result}", flush=True)
    found = result.to_dict()
    del found["confusion"]
    parts = trainer.parts
    return {
        "steps": trainer.num_steps,
        "objective": type(parts.objective).__name__,
        "objective_config": parts.objective.get_config(),
        "trajectory": type(parts.trajectory).__name__,
        "start": combination.start,
        "rate": combination.rate,
        "falls": combination.falls,
        "constraint_weight": combination.constraint_weight,
        "strategies": combination.strategies,
        **found,
    }


def main():
    args = parse_arguments()
    unknown = set(args.names) - set(COMBINATIONS)
    if unknown:
        sys.exit(
            f"Combinations must be among {', '.join(COMBINATIONS)}. "
            f"Received: {sorted(unknown)}"
        )
    data = keras_tgdd.datasets.load(args.dataset, args.data_dir)
    if not args.test:
        data = held_out(data)
    kind = "_test" if args.test else ""
    size = args.images_per_class
    name = (
        f"combinations_{args.dataset}{'' if size == 10 else f'_{size}'}{kind}"
    )
    path = args.results_dir / f"{name}.json"
    left_out = ("names", "results_dir", "output_dir", "data_dir")
    settings = {k: v for k, v in vars(args).items() if k not in left_out}
    options = [a for a in sys.argv[1:] if a not in args.names]
    experts = train_expert(args, data)
    for name in args.names or COMBINATIONS:
        entries.measure_once(
            path,
            name,
            settings,
            f"combinations.py {shlex.join([name, *options])}",
            functools.partial(measure, name, args, data, experts),
        )
    stored = read(path)
    print(json.dumps({key: entry["mean"] for key, entry in stored.items()}))


if __name__ == "__main__":
    main()
