"""Combinations of the parts of several systems, tried on training data.

    KERAS_BACKEND=torch python benchmarks/combinations.py
    KERAS_BACKEND=torch python benchmarks/combinations.py tgdd covariance --test

Every combination distils from the same expert for the same processor time,
after its first steps, which compile; but for TGDD as published, the rate of
the pixels falls along a cosine of that time to zero. Fresh networks are trained
on what it makes, and asked about a tenth of the training data that nothing else
has seen, or, with `--test`, about test data, after making all from the whole
training data. Stores `results/combinations_<dataset>.json` or `..._test.json`;
what is stored there already is not made again. Prints one JSON line last.
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
from stored_results import RESULTS
from stored_results import read

import keras_tgdd
from keras_tgdd import objectives
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.layers import SiameseAugmentation
from keras_tgdd.layers import SyntheticImages
from keras_tgdd.methods.building import sgd
from keras_tgdd.methods.initialization import start_from_real
from keras_tgdd.trajectories import InterpolatedExperts
from keras_tgdd.trajectories import short_recipe

# Steps between two looks at the clock.
_STEPS = 5


def stages(experts):
    """The stages of an expert, as TGDD reads them."""
    return experts


def layers(experts):
    """The same stages, at the maps of the last two blocks, too."""
    names = [layer.name for layer in experts.network.network.layers]
    maps = [name for name in names if name.startswith("relu_")]
    return experts.reading([*maps[-2:], "features"])


@dataclasses.dataclass(frozen=True)
class Combination:
    """One choice of parts; the rest is that of `recipes.tgdd`.

    Attributes:
        objective: function that makes the objective.
        trajectory: function of experts that makes the trajectory.
        start: method of `select_images`.
        rate: float, of the pixels at the start, at 10 images per class; it
            goes with their number.
        falls: whether the rate falls to zero.
        constraint_weight: float. Where an objective is some power of ten
            smaller than class means, so is the weight, and the rate larger.
        strategies: tuple, of the augmentation.
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
        lambda experts: experts.reading(["features"]),
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
    parser.add_argument("--test", action="store_true", help="the final figure")
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
    """Lets a rate fall along a cosine of processor time, and ends with it.

    Args:
        seconds: float, the whole time, after the first epoch.
        rate: float, at the start.
        falls: whether it falls.
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
    """Puts a tenth of the training data in the place of test data."""
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
        functools.partial(keras_tgdd.models.ConvNet, width=args.width),
        data.x_train,
        data.y_train,
        num_experts=1,
        directory=pathlib.Path(args.output_dir) / name,
        recipe=short_recipe(args.expert_epochs, data.image_shape[0]),
        snapshots_per_epoch=2,
        mean=data.mean,
        std=data.std,
        class_names=data.class_names,
        seed=args.seed,
    )


def distil(args, data, experts, combination):
    """Returns the trainer of a combination whose time is over."""
    x, y = data.x_train, data.y_train
    synthetic = SyntheticImages(
        data.num_classes, args.images_per_class, data.image_shape
    )
    start_from_real(
        synthetic, x, y, experts.features, combination.start, args.seed
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
    trainer.compile(sgd(rate))
    trainer.fit(
        x,
        y,
        epochs=10_000,
        steps_per_epoch=_STEPS,
        callbacks=[FallingRate(args.seconds, rate, combination.falls)],
        verbose=0,
    )
    return trainer


def measure(name, args, data, experts):
    """Returns the JSON-compatible result of a combination."""
    combination = COMBINATIONS[name]
    trainer = distil(args, data, experts, combination)
    distilled = trainer.distilled_dataset()
    size = args.images_per_class
    set_name = f"{args.dataset}_{name}_{size}.safetensors"
    path = pathlib.Path(args.output_dir) / set_name
    distilled.save(path)
    result = keras_tgdd.evaluate(
        distilled,
        data.x_test,
        data.y_test,
        functools.partial(keras_tgdd.models.ConvNet, width=args.network_width),
        get_protocol("tgdd", args.epochs, data.flip),
        args.num_runs,
        args.seed,
        description=name,
    )
    print(f"{name}: {result}", flush=True)
    found = result.to_dict()
    del found["confusion"]
    return {
        "steps": trainer.num_steps,
        "objective": type(trainer.objective).__name__,
        "objective_config": trainer.objective.get_config(),
        "trajectory": type(trainer.trajectory).__name__,
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
            f"There are no combinations {sorted(unknown)}. Choose among "
            f"{', '.join(COMBINATIONS)}."
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
    given = [a for a in sys.argv[1:] if a not in args.names]
    experts = train_expert(args, data)
    for name in args.names or COMBINATIONS:
        entries.measure_once(
            path,
            name,
            settings,
            f"combinations.py {shlex.join([name, *given])}",
            functools.partial(measure, name, args, data, experts),
        )
    stored = read(path)
    print(json.dumps({key: entry["mean"] for key, entry in stored.items()}))


if __name__ == "__main__":
    main()
