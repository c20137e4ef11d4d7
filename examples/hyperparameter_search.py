"""Ranks training recipes on a distilled set, and on all data.

    KERAS_BACKEND=torch python examples/hyperparameter_search.py

A search on a distilled set pays if it ranks recipes like a search on all data
does, in less time. This example measures both: it trains under sixteen recipes
on all data, on a distilled set and on random images, each for as many epochs as
suits it. It reports rank correlations, the accuracy that the recipe chosen on a
small set loses on all data, and seconds, including those of making the set.
Recipes are ranked on a held-out third of the training images; the test images
are not read.
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
from keras_tgdd.evaluation import select_images
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
    parser.add_argument("--steps", type=int, default=300)
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
    """Yields the recipes that are ranked."""
    for rate, momentum, (label, operations) in itertools.product(
        LEARNING_RATES, MOMENTA, AUGMENTATIONS.items()
    ):
        name = f"rate {rate}, momentum {momentum}, {label}"
        yield TrainingRecipe(
            name,
            epochs=1,
            learning_rate=rate,
            momentum=momentum,
            augmentation=operations,
        )


def rank(training, held_out, epochs, args):
    """Trains on one set under each recipe.

    Returns:
        Accuracies on the held-out images, shape `(recipes, runs)`, and
        seconds.
    """
    start = time.perf_counter()
    accuracies = []
    for recipe in recipes():
        result = keras_tgdd.evaluate(
            training,
            held_out,
            protocol=recipe.replace(epochs=epochs),
            num_runs=args.num_runs,
            seed=args.seed,
            verbose=0,
        )
        accuracies.append(result.runs)
    return np.array(accuracies), time.perf_counter() - start


def distil(data, args, directory):
    """Trains an expert and distils along it."""
    experts = keras_tgdd.train_experts(
        data,
        num_experts=1,
        epochs=args.expert_epochs,
        directory=directory,
        seed=args.seed,
    )
    return keras_tgdd.distill(
        data,
        args.images_per_class,
        keras_tgdd.methods.TGDD(
            factor=args.factor, constraint_weight=args.constraint_weight
        ),
        experts=experts,
        steps=args.steps,
        directory=directory,
        seed=args.seed,
    )


def judge(names, means, seconds):
    """Prints accuracies; returns correlations, choices and their costs."""
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
            f"\n{name}: rank correlation {correlation:.2f}; the recipe chosen "
            f"on it, {names[chosen]!r}, loses {100 * cost:.1f} points on all "
            f"data; {seconds[name]:.0f} s instead of "
            f"{seconds['all data']:.0f} s"
        )
    return found


def draw(path, means):
    """Draws accuracy after the small sets against that after all data."""
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
    axis.set_title("One point per recipe", fontsize=10)
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
    train = keras_tgdd.datasets.from_arrays(
        x, y, normalization=data.normalization
    )
    name = data.name.replace("/", "_")
    directory = pathlib.Path(args.output_dir)
    directory.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    distilled = distil(train, args, directory / f"{name}_experts")
    made_in = time.perf_counter() - start
    sets = {
        # A class with fewer images than the largest repeats some.
        "all data": select_images(train, int(train.counts.max())),
        "distilled": distilled,
        "random": select_images(
            train, args.images_per_class, factor=args.factor, seed=args.seed
        ),
    }
    names = [recipe.name for recipe in recipes()]
    accuracies, seconds, means = {}, {}, {}
    for searched, training in sets.items():
        print(f"ranking {len(names)} recipes on {searched}", flush=True)
        epochs = args.full_epochs if searched == "all data" else args.epochs
        runs, seconds[searched] = rank(training, (x_held, y_held), epochs, args)
        accuracies[searched] = runs.tolist()
        means[searched] = runs.mean(axis=1)
    seconds["distilled"] += made_in
    found = judge(names, means, seconds)
    path = directory / f"{name}.png"
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
