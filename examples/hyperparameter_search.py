"""Ranks training recipes on a distilled set, and on all data.

    KERAS_BACKEND=torch python examples/hyperparameter_search.py

A search on a distilled set is worth something if it ranks recipes as one on all
data does, and takes less time. This example measures both: it trains under
sixteen recipes on all data, on a distilled set and on random images, each for
as many epochs as suits it, and reports rank correlations, what the recipe
chosen on a small set costs, and seconds, those of making the set included. A
third of the training images is held out to rank by; the test images are not
read.
"""

import argparse
import itertools
import json
import pathlib
import time

import keras
import matplotlib.figure
import numpy as np
from scipy.stats import spearmanr
from sklearn.model_selection import train_test_split

import keras_tgdd
from keras_tgdd.evaluation import random_images
from keras_tgdd.storage.atomic_write import atomic_write
from keras_tgdd.training import TrainingRecipe

LEARNING_RATES = (0.001, 0.003, 0.01, 0.03)
MOMENTA = (0.5, 0.9)
AUGMENTATIONS = {"plain": (), "augmented": (("crop", "scale", "rotate"),)}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="digits", help="any TFDS name")
    parser.add_argument("--data-dir", help="where TFDS keeps its data")
    parser.add_argument("--max-train", type=int, help="images used")
    parser.add_argument("--images-per-class", type=int, default=10)
    parser.add_argument("--factor", type=int, default=1)
    parser.add_argument("--expert-epochs", type=int, default=40)
    parser.add_argument("--iterations", type=int, default=300)
    parser.add_argument("--constraint-weight", type=float, default=0.1)
    parser.add_argument(
        "--full-epochs", type=int, default=30, help="of a training on all data"
    )
    parser.add_argument(
        "--epochs", type=int, default=100, help="of one on a small set"
    )
    parser.add_argument("--num-runs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output-dir", default="output/hyperparameter_search")
    return parser.parse_args()


def recipes():
    """The recipes that are ranked, by name."""
    for rate, momentum, (label, operations) in itertools.product(
        LEARNING_RATES, MOMENTA, AUGMENTATIONS.items()
    ):
        name = f"rate {rate}, momentum {momentum}, {label}"
        yield TrainingRecipe(
            name=name,
            epochs=1,
            learning_rate=rate,
            momentum=momentum,
            augmentation=operations,
        )


def rank(training, held_out, epochs, args):
    """Trains under each recipe on one set.

    Returns:
        Accuracies on the held-out images, shape `(recipes, runs)`, and
        seconds.
    """
    start = time.perf_counter()
    accuracies = []
    for recipe in recipes():
        result = keras_tgdd.evaluate(
            training,
            *held_out,
            protocol=recipe.replace(epochs=epochs),
            num_runs=args.num_runs,
            seed=args.seed,
            verbose=0,
        )
        accuracies.append(result.runs)
    return np.array(accuracies), time.perf_counter() - start


def as_set(x, y, data):
    """All images as a set, so that they are normalized as the others are.

    A class of fewer images than another repeats some.
    """
    most = int(np.bincount(y).max())
    return random_images(x, y, most, mean=data.mean, std=data.std)


def distil(x, y, data, args, directory):
    return keras_tgdd.distill(
        x,
        y,
        images_per_class=args.images_per_class,
        factor=args.factor,
        expert_epochs=args.expert_epochs,
        iterations=args.iterations,
        constraint_weight=args.constraint_weight,
        directory=directory / f"{data.name.replace('/', '_')}_experts",
        mean=data.mean,
        std=data.std,
        seed=args.seed,
    )


def judge(names, means, seconds):
    """Prints accuracies and ranks; returns what the small sets are worth."""
    print(f"\n{'recipe':<40} {'all data':>9} {'distilled':>9} {'random':>9}")
    for index in np.argsort(-means["all data"]):
        row = "".join(f"{100 * means[name][index]:10.1f}" for name in means)
        print(f"{names[index]:<40}{row}")
    found = {}
    for name in ("distilled", "random"):
        correlation = float(spearmanr(means["all data"], means[name])[0])
        chosen = int(np.argmax(means[name]))
        cost = float(means["all data"].max() - means["all data"][chosen])
        found[name] = {
            "rank_correlation": correlation,
            "chosen": names[chosen],
            "cost": cost,
        }
        print(
            f"\n{name}: rank correlation {correlation:.2f}; the recipe that "
            f"it chooses, {names[chosen]!r}, loses {100 * cost:.1f} points on "
            f"all data; {seconds[name]:.0f} s instead of "
            f"{seconds['all data']:.0f} s"
        )
    return found


def draw(path, means):
    """Accuracy on the small sets against that on all data."""
    figure = matplotlib.figure.Figure(
        figsize=(5.0, 4.6), dpi=150, layout="constrained"
    )
    axis = figure.subplots()
    for name in ("distilled", "random"):
        axis.scatter(
            100 * means["all data"], 100 * means[name], label=f"{name} images"
        )
    axis.set_xlabel("held-out accuracy after all data, in %")
    axis.set_ylabel("after the small set, in %")
    axis.set_title("One point a recipe", fontsize=10)
    axis.grid(alpha=0.3)
    axis.legend()
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format="png")


def main():
    args = parse_arguments()
    data = keras_tgdd.datasets.load(args.dataset, args.data_dir)
    x, x_held, y, y_held = train_test_split(
        data.x_train,
        data.y_train,
        test_size=1 / 3,
        stratify=data.y_train,
        random_state=args.seed,
    )
    if args.max_train and args.max_train < len(x):
        x, _, y, _ = train_test_split(
            x, y, train_size=args.max_train, stratify=y, random_state=args.seed
        )
    directory = pathlib.Path(args.output_dir)
    directory.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    distilled = distil(x, y, data, args, directory)
    made_in = time.perf_counter() - start
    sets = {
        "all data": as_set(x, y, data),
        "distilled": distilled,
        "random": random_images(
            x,
            y,
            args.images_per_class,
            factor=args.factor,
            mean=data.mean,
            std=data.std,
            seed=args.seed,
        ),
    }
    names = [recipe.name for recipe in recipes()]
    accuracies, seconds, means = {}, {}, {}
    for name, training in sets.items():
        print(f"ranking {len(names)} recipes on {name}", flush=True)
        epochs = args.full_epochs if name == "all data" else args.epochs
        runs, seconds[name] = rank(training, (x_held, y_held), epochs, args)
        accuracies[name], means[name] = runs.tolist(), runs.mean(axis=1)
    seconds["distilled"] += made_in
    found = judge(names, means, seconds)
    path = directory / f"{data.name.replace('/', '_')}.png"
    draw(path, means)
    print(f"Wrote {path}")
    print(
        json.dumps(
            {
                **vars(args),
                "backend": keras.backend.backend(),
                "recipes": names,
                "accuracies": accuracies,
                "found": found,
                "made_in_seconds": round(made_in, 1),
                "seconds": {k: round(v, 1) for k, v in seconds.items()},
                "output": str(path),
            }
        )
    )


if __name__ == "__main__":
    main()
