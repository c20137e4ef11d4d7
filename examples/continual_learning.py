"""Learns classes a few at a time, with a replay memory of distilled images.

    KERAS_BACKEND=torch python examples/continual_learning.py

Class-incremental learning: each task brings a few new classes, a memory of them
is kept, and a network is trained from scratch on the memories of all classes so
far (GDumb; arXiv 2110.04181, section 4.4). Experts and distillation see the
data of the new classes only; images of all tasks are normalized by the
statistics of the first. Memories of distilled images are compared with random
images and with herding, at the same number of images. On the digits, five
orders take about a quarter of an hour.
"""

import argparse
import dataclasses
import json
import pathlib
import sys

import keras
import matplotlib.figure
import numpy as np
from sklearn.model_selection import train_test_split

import keras_tgdd
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.evaluation import select_images
from keras_tgdd.storage.atomic_write import atomic_write

METHODS = ("distilled", "herding", "random")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="digits", help="any TFDS name")
    parser.add_argument("--data-dir", help="where TFDS keeps its data")
    parser.add_argument("--tasks", type=int, default=5)
    parser.add_argument("--orders", type=int, default=5, help="of the classes")
    parser.add_argument("--images-per-class", type=int, default=2)
    parser.add_argument("--factor", type=int, default=1)
    parser.add_argument("--expert-epochs", type=int, default=40)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--constraint-weight", type=float, default=0.1)
    parser.add_argument("--epochs", type=int, default=200, help="of retraining")
    parser.add_argument("--max-train", type=int, help="images used")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output-dir", default="output/continual_learning")
    return parser.parse_args()


def split_classes(num_classes, tasks, seed):
    """Returns the classes of each task, in a random order."""
    if num_classes < 2 * tasks:
        sys.exit(
            f"An expert needs two classes or more per task. Received: "
            f"{tasks} tasks of {num_classes} classes"
        )
    order = np.random.default_rng(seed).permutation(num_classes)
    return np.array_split(order, tasks)


def select_classes(x, y, classes):
    """Returns the images of some classes, labelled by their positions."""
    chosen = np.isin(y, classes)
    positions = np.full(int(y.max()) + 1, -1)
    positions[classes] = np.arange(len(classes))
    return x[chosen], positions[y[chosen]]


def remember(data, classes, normalization, args, seed):
    """Returns the memory of new classes by each method.

    Uses the data of these classes only.
    """
    x, y = select_classes(data.x_train, data.y_train, classes)
    new = keras_tgdd.datasets.from_arrays(x, y, normalization=normalization)
    experts = keras_tgdd.train_experts(
        new,
        num_experts=1,
        epochs=args.expert_epochs,
        directory=pathlib.Path(args.output_dir)
        / f"{data.name.replace('/', '_')}"
        / ("experts_" + "_".join(map(str, classes)) + f"_{seed}"),
        seed=seed,
        verbose=0,
    )
    tgdd = keras_tgdd.methods.TGDD(
        factor=args.factor, constraint_weight=args.constraint_weight
    )
    trainer = tgdd.build(new, experts, args.images_per_class, seed=seed)
    trainer.fit(new, steps_per_epoch=args.steps, verbose=0)
    memories = {"distilled": trainer.distilled_dataset()}
    features = {"herding": experts.features(x), "random": None}
    for method, image_features in features.items():
        memories[method] = select_images(
            new,
            args.images_per_class,
            method,
            features=image_features,
            factor=args.factor,
            seed=seed,
        )
    return memories


def join(memories):
    """Joins the memories of several tasks in one set."""
    first = memories[0]
    return keras_tgdd.DistilledDataset(
        np.concatenate([memory.images for memory in memories]),
        factor=first.factor,
        normalization=first.normalization,
    )


def learn(data, args, order):
    """Returns the accuracy after each task, by method, for one order."""
    protocol = get_protocol("tgdd", epochs=args.epochs, flip=data.flip)
    kept = {method: [] for method in METHODS}
    accuracies = {method: [] for method in METHODS}
    seen = np.array([], int)
    tasks = split_classes(data.num_classes, args.tasks, [args.seed, order])
    first, _ = select_classes(data.x_train, data.y_train, tasks[0])
    normalization = keras_tgdd.Normalization.of(first)
    seed = args.seed + order
    for classes in tasks:
        seen = np.concatenate([seen, classes])
        test = select_classes(data.x_test, data.y_test, seen)
        memories = remember(data, classes, normalization, args, seed)
        for method in METHODS:
            kept[method].append(memories[method])
            result = keras_tgdd.evaluate(
                join(kept[method]),
                test,
                protocol=protocol,
                num_runs=1,
                seed=seed,
                verbose=0,
            )
            accuracies[method].append(result.mean)
        shown = ", ".join(
            f"{method} {100 * accuracies[method][-1]:.1f} %"
            for method in METHODS
        )
        print(
            f"order {order + 1}/{args.orders}, {len(seen)} classes: {shown}",
            flush=True,
        )
    return accuracies


def draw(path, num_seen, accuracies):
    """Draws accuracy against classes seen, mean and std over orders."""
    figure = matplotlib.figure.Figure(
        figsize=(5.6, 3.8), dpi=150, layout="constrained"
    )
    axis = figure.subplots()
    for method in METHODS:
        values = 100 * np.array(accuracies[method])
        axis.errorbar(
            num_seen,
            values.mean(axis=0),
            values.std(axis=0),
            marker="o",
            capsize=3,
            label=f"{method} images",
        )
    axis.set_xlabel("classes seen")
    axis.set_ylabel("test accuracy on them in %")
    axis.grid(alpha=0.3)
    axis.legend(loc="lower left")
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format="png")


def main():
    args = parse_arguments()
    data = keras_tgdd.datasets.load(args.dataset, args.data_dir)
    tasks = split_classes(data.num_classes, args.tasks, 0)
    if args.max_train and args.max_train < len(data.x_train):
        x, _, y, _ = train_test_split(
            data.x_train,
            data.y_train,
            train_size=args.max_train,
            stratify=data.y_train,
            random_state=args.seed,
        )
        data = dataclasses.replace(data, x_train=x, y_train=y)
    accuracies = {method: [] for method in METHODS}
    for order in range(args.orders):
        for method, values in learn(data, args, order).items():
            accuracies[method].append(values)
    num_seen = np.cumsum([len(classes) for classes in tasks]).tolist()
    path = pathlib.Path(args.output_dir) / f"{data.name}_{args.tasks}.png"
    path = path.with_name(path.name.replace("/", "_"))
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(path, num_seen, accuracies)
    print(f"\nAfter the last task, {args.images_per_class} images per class:")
    last = {}
    for method in METHODS:
        values = np.array(accuracies[method])[:, -1]
        last[method] = float(values.mean())
        print(
            f"  {method:<10} {100 * values.mean():5.1f} ± "
            f"{100 * values.std():.1f} %"
        )
    print(f"Wrote {path}")
    print(
        json.dumps(
            {
                **vars(args),
                "backend": keras.backend.backend(),
                "classes_seen": num_seen,
                "accuracies": accuracies,
                "last": last,
                "output": str(path),
            }
        )
    )


if __name__ == "__main__":
    main()
