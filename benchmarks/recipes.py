"""All recipes of the field under one protocol and one budget of seconds.

    KERAS_BACKEND=torch python benchmarks/recipes.py --dataset cifar10

Every recipe distils from the same experts for the same time, after its first
step, which compiles; what it makes of the real data first, such as barycentres,
counts. The set is kept at equal parts of the time; fresh networks are trained
on each of these, and on the last one as many as `--num-runs` says. Stores
`results/recipes_<dataset>.json` and draws accuracy against time. What is
stored there already is not made again. Prints one JSON line last.
"""

import argparse
import json
import pathlib
import shlex
import sys
import time

import keras
import machine

import keras_tgdd
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.storage.replacing import replacing

RESULTS = pathlib.Path(__file__).parent / "results"
# Steps between two looks at the clock.
_STEPS = 5


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="fashion_mnist")
    parser.add_argument("--data-dir", help="where TFDS keeps its data")
    parser.add_argument("--images-per-class", type=int, default=10)
    parser.add_argument("--imbalance", type=float, help="make a long tail")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--marks", type=int, default=4)
    parser.add_argument("--most-steps", type=int, default=20_000)
    parser.add_argument("--num-experts", type=int, default=1)
    parser.add_argument("--expert-epochs", type=int, default=16)
    parser.add_argument("--samples-per-class", type=int, help="of all recipes")
    parser.add_argument("--epochs", type=int, default=200, help="of evaluation")
    parser.add_argument("--num-runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output-dir", default="output/recipes")
    parser.add_argument("--results-dir", default=RESULTS, type=pathlib.Path)
    parser.add_argument(
        "--recipes",
        nargs="*",
        default=keras_tgdd.recipes.__all__,
        choices=keras_tgdd.recipes.__all__,
        help="default: all",
    )
    return parser.parse_args()


class Marks(keras.callbacks.Callback):
    """Keeps the set at parts of a time, and ends the training with it.

    Args:
        seconds: float, the whole time.
        number: int, how many sets.
        before: float, seconds spent before the training.
    """

    def __init__(self, seconds, number, before):
        super().__init__()
        self.times = [seconds * (i + 1) / number for i in range(number)]
        self.kept = []
        self._spent = before
        self._since = None

    def on_epoch_end(self, epoch, logs=None):
        images = self.model.distilled_dataset()  # waits for the steps
        now = time.perf_counter()
        if self._since is not None:  # the first epoch compiles
            self._spent += now - self._since
        while len(self.kept) < len(self.times) and (
            self._spent >= self.times[len(self.kept)]
        ):
            step = self.model.num_steps
            self.kept.append((round(self._spent, 1), step, images))
        self.model.stop_training = len(self.kept) == len(self.times)
        self._since = time.perf_counter()

    def on_train_end(self, logs=None):
        # Whoever has made all steps early is done.
        while len(self.kept) < len(self.times):
            images = self.model.distilled_dataset()
            self.kept.append(
                (round(self._spent, 1), self.model.num_steps, images)
            )


def train_experts(args, data):
    folder = f"{args.dataset}_{args.expert_epochs}_{args.imbalance or 1:g}"
    return keras_tgdd.train_experts(
        keras_tgdd.models.ConvNet,
        data.x_train,
        data.y_train,
        num_experts=args.num_experts,
        epochs=args.expert_epochs,
        directory=pathlib.Path(args.output_dir) / folder,
        mean=data.mean,
        std=data.std,
        class_names=data.class_names,
        seed=args.seed,
    )


def measure(name, args, data, experts):
    """Distils by a recipe, and evaluates the set at each mark."""
    given = {}
    if args.samples_per_class is not None:
        given["samples_per_class"] = args.samples_per_class
    start = time.perf_counter()
    recipe = getattr(keras_tgdd.recipes, name)
    trainer = recipe(
        data, experts, args.images_per_class, seed=args.seed, **given
    )
    source = (data.x_train, data.y_train)
    if trainer.objective.needs_summaries:
        source = (
            experts.summarize(
                *source,
                trainer.objective,
                trainer.augmentation,
                samples_per_class=None,
            ),
        )
    marks = Marks(args.seconds, args.marks, time.perf_counter() - start)
    trainer.fit(
        *source,
        epochs=args.most_steps // _STEPS,
        steps_per_epoch=_STEPS,
        callbacks=[marks],
        verbose=0,
    )
    protocol = get_protocol("tgdd", args.epochs, data.flip)
    points = []
    for number, (seconds, step, distilled) in enumerate(marks.kept, 1):
        last = number == args.marks
        result = keras_tgdd.evaluate(
            distilled,
            data.x_test,
            data.y_test,
            protocol=protocol,
            num_runs=args.num_runs if last else 1,
            seed=args.seed,
            description=f"{name} {number}/{args.marks}",
        )
        point = {**result.to_dict(), "steps": step}
        del point["confusion"]
        point["evaluation_seconds"] = point["seconds"]
        point["seconds"] = seconds
        points.append(point)
        print(f"{name}, {seconds:.0f} s, {step} steps: {result}", flush=True)
    return points


def draw(stored, path):
    """Accuracy against time, a line for each recipe."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot(xlabel="seconds", ylabel="test accuracy in %")
    for name, entry in stored.items():
        points = entry["points"]
        axes.plot(
            [point["seconds"] for point in points],
            [100 * point["mean"] for point in points],
            marker="o",
            label=name,
        )
    axes.legend(ncols=2)
    figure.savefig(path, dpi=120)


def main():
    args = parse_arguments()
    data = keras_tgdd.datasets.load(args.dataset, args.data_dir)
    name = f"recipes_{args.dataset}"
    if args.imbalance:
        data = keras_tgdd.datasets.long_tailed(data, args.imbalance, args.seed)
        name += f"_imbalance_{args.imbalance:g}"
    path = args.results_dir / f"{name}.json"
    stored = json.loads(path.read_text()) if path.is_file() else {}
    experts = train_experts(args, data)
    settings = {
        key: value
        for key, value in vars(args).items()
        if key not in ("recipes", "results_dir", "output_dir", "data_dir")
    }
    for recipe in args.recipes:
        if recipe in stored:
            if stored[recipe]["settings"] != settings:
                sys.exit(
                    f"{path} holds {recipe} with other settings, and they do "
                    "not compare. Choose another `--results-dir`. Received: "
                    f"{settings}, stored: {stored[recipe]['settings']}"
                )
            continue
        points = measure(recipe, args, data, experts)
        stored[recipe] = {
            "command": "python benchmarks/recipes.py "
            + shlex.join(sys.argv[1:]),
            "settings": settings,
            "points": points,
            **machine.provenance(),
        }
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(stored, indent=1) + "\n")
    draw(stored, pathlib.Path(args.output_dir) / f"{name}.png")
    print(
        json.dumps(
            {key: entry["points"][-1]["mean"] for key, entry in stored.items()}
        )
    )


if __name__ == "__main__":
    main()
