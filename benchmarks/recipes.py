"""All recipes of the field under one protocol and one budget of seconds.

    KERAS_BACKEND=torch python benchmarks/recipes.py --dataset cifar10
    KERAS_BACKEND=torch python benchmarks/recipes.py --imbalance 100 \\
        --recipes csdm dance --seed 1

Every recipe distils from the same experts for the same processor time, after
its first steps, which compile; what it makes of the real data first, such as
barycentres, counts. Values are those of its paper but for `--factor` and
`--samples-per-class`, which decide what a step costs and are equal for all. A
rate that falls over a number of steps gets the steps that the time has room
for. With `--steps` all make as many steps instead, however long they take. The
set is kept at equal parts of the budget, in `--output-dir`; fresh networks are
trained on each of these, and on the last one as many as `--num-runs` says.
Stores `results/recipes_<dataset>.json` and draws accuracy against time. What is
stored there already is not made again. Prints one JSON line last.
"""

import argparse
import functools
import json
import pathlib
import shlex
import sys
import time

import entries
import keras
from stored_results import RESULTS
from stored_results import read

import keras_tgdd
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.methods.building import planned_steps
from keras_tgdd.trajectories import expert_recipe
from keras_tgdd.trajectories import short_recipe

# Steps between two looks at the clock.
_STEPS = 5


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="fashion_mnist")
    parser.add_argument("--data-dir", help="where TFDS keeps its data")
    parser.add_argument("--images-per-class", type=int, default=10)
    parser.add_argument("--imbalance", type=float, help="make a long tail")
    parser.add_argument(
        "--seconds", type=float, default=200, help="of processor time"
    )
    parser.add_argument(
        "--steps", type=int, help="a budget of steps instead of a time"
    )
    parser.add_argument("--marks", type=int, default=2)
    parser.add_argument("--most-steps", type=int, default=20_000)
    parser.add_argument("--expert-epochs", type=int, default=12)
    parser.add_argument("--num-experts", type=int, help="default: one")
    parser.add_argument(
        "--published-experts",
        action="store_true",
        default=None,
        help="train them as published, where the default is a short training",
    )
    parser.add_argument("--width", type=int, default=64, help="of the expert")
    parser.add_argument(
        "--network-width", type=int, default=128, help="of fresh networks"
    )
    parser.add_argument("--factor", type=int, help="default: the recipe's")
    parser.add_argument("--samples-per-class", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=200, help="of evaluation")
    parser.add_argument("--num-runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dtype-policy", help="default: what is fastest here")
    parser.add_argument("--output-dir", default="output/recipes")
    parser.add_argument("--results-dir", default=RESULTS, type=pathlib.Path)
    parser.add_argument(
        "--recipes",
        nargs="*",
        default=keras_tgdd.methods.__all__,
        choices=keras_tgdd.methods.__all__,
        help="default: all",
    )
    return parser.parse_args()


class Marks(keras.callbacks.Callback):
    """Keeps the set at parts of a budget, and ends the training with it.

    Args:
        budget: float, seconds of the processor, or steps.
        number: int, how many sets.
        before: float, seconds spent before the training.
        in_steps: bool, whether the budget is one of steps.
    """

    def __init__(self, budget, number, before=0.0, in_steps=False):
        super().__init__()
        self.budgets = [budget * (i + 1) / number for i in range(number)]
        self.kept = []
        self._spent = before
        self._since = None
        self._in_steps = in_steps

    def on_epoch_end(self, epoch, logs=None):
        images = self.model.distilled_dataset()  # waits for the steps
        now = time.process_time()
        if self._since is not None:  # the first epoch compiles
            self._spent += now - self._since
        step = self.model.num_steps
        spent = step if self._in_steps else self._spent
        while len(self.kept) < len(self.budgets) and (
            spent >= self.budgets[len(self.kept)]
        ):
            self.kept.append((round(self._spent, 1), step, images))
        self.model.stop_training = len(self.kept) == len(self.budgets)
        self._since = time.process_time()

    def on_train_end(self, logs=None):
        # Whoever has made all steps early is done.
        while len(self.kept) < len(self.budgets):
            images = self.model.distilled_dataset()
            self.kept.append(
                (round(self._spent, 1), self.model.num_steps, images)
            )


def settings_of(args):
    """What entries must share to be compared."""
    left_out = ["recipes", "results_dir", "output_dir", "data_dir"]
    left_out.append("seconds" if args.steps else "steps")
    for name in ("dtype_policy", "num_experts", "published_experts"):
        if getattr(args, name) is None:  # as before there was such a choice
            left_out.append(name)
    return {k: v for k, v in vars(args).items() if k not in left_out}


def train_experts(args, data):
    """Trains what all recipes read, each kind in a folder of its own."""
    published = args.published_experts
    folder = (
        f"{args.dataset}_{args.expert_epochs}_width_{args.width}_"
        f"{args.imbalance or 1:g}_{args.seed}"
    )
    make = expert_recipe if published else short_recipe
    return keras_tgdd.train_experts(
        functools.partial(keras_tgdd.models.ConvNet, width=args.width),
        data.x_train,
        data.y_train,
        num_experts=args.num_experts or 1,
        directory=pathlib.Path(args.output_dir)
        / (f"{folder}_published" if published else folder),
        recipe=make(args.expert_epochs, data.image_shape[0]),
        snapshots_per_epoch=1 if published else 2,
        mean=data.mean,
        std=data.std,
        class_names=data.class_names,
        seed=args.seed,
    )


def name_of(args):
    """What the files of one comparison are called."""
    name = f"recipes_{args.dataset}"
    if args.imbalance:
        name += f"_imbalance_{args.imbalance:g}"
    if args.seed:
        name += f"_seed_{args.seed}"
    if args.steps:
        name += f"_{args.steps}_steps"
    return name


def build(name, args, data, experts):
    """Returns the trainer of a recipe, which plans as many steps as the
    budget has room for."""
    recipe = getattr(keras_tgdd.methods, name)
    given = {"samples_per_class": args.samples_per_class, "seed": args.seed}
    if args.factor is not None:
        given["factor"] = args.factor
    make = functools.partial(
        recipe, data, experts, args.images_per_class, **given
    )
    steps = planned_steps(recipe, args.steps or args.most_steps)
    if steps and not args.steps:
        # A tenth of the time, on a trainer of its own, tells how many.
        marks = Marks(args.seconds / 10, 1)
        fit(make(**steps), args, (data.x_train, data.y_train), marks)
        seconds, step, _ = marks.kept[0]
        share = args.seconds / max(seconds, 0.1)  # it is rounded
        steps = {"steps": int(share * (step - _STEPS)) + _STEPS}
    return make(**steps)


def fit(trainer, args, source, marks):
    trainer.fit(
        *source,
        epochs=args.most_steps // _STEPS,
        steps_per_epoch=_STEPS,
        callbacks=[marks],
        verbose=0,
    )


def distil(name, args, data, experts):
    """Returns seconds, steps and set at each mark of the time."""
    trainer = build(name, args, data, experts)
    source = (data.x_train, data.y_train)
    start = time.process_time()
    if trainer.objective.needs_summaries:
        source = (
            experts.summarize(
                *source,
                trainer.objective,
                trainer.augmentation,
                samples_per_class=None,
            ),
        )
    marks = Marks(
        args.steps or args.seconds,
        args.marks,
        time.process_time() - start,
        in_steps=bool(args.steps),
    )
    fit(trainer, args, source, marks)
    return marks.kept


def measure(name, args, data, experts):
    """Distils by a recipe, and evaluates the set at each mark."""
    points = []
    sets = pathlib.Path(args.output_dir) / name_of(args)
    sets.mkdir(exist_ok=True)
    kept = distil(name, args, data, experts)
    for number, (_, _, distilled) in enumerate(kept, 1):
        distilled.save(sets / f"{name}_{number}.safetensors")
    for number, (seconds, step, distilled) in enumerate(kept, 1):
        last = number == args.marks
        result = keras_tgdd.evaluate(
            distilled,
            data.x_test,
            data.y_test,
            functools.partial(
                keras_tgdd.models.ConvNet, width=args.network_width
            ),
            get_protocol("tgdd", args.epochs, data.flip),
            args.num_runs if last else 1,
            args.seed,
            description=f"{name} {number}/{args.marks}",
        )
        point = {**result.to_dict(), "steps": step}
        del point["confusion"]
        point["evaluation_seconds"] = point["seconds"]
        point["seconds"] = seconds
        points.append(point)
        print(f"{name}, {seconds:.0f} s, {step} steps: {result}", flush=True)
    return {"points": points}


def draw(stored, path):
    """Accuracy against time, a line for each recipe, the best one first."""
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot(
        xlabel="seconds of processor time",
        ylabel="test accuracy in %",
        # There are more recipes than colours in the usual ten.
        prop_cycle=matplotlib.cycler(
            color=matplotlib.colormaps["tab20"].colors
        ),
    )

    def reached(item):
        return item[1]["points"][-1]["mean"]

    for name, entry in sorted(stored.items(), key=reached, reverse=True):
        points = entry["points"]
        axes.plot(
            [point["seconds"] for point in points],
            [100 * point["mean"] for point in points],
            marker="o",
            label=name,
        )
    figure.legend(loc="outside right upper")
    figure.savefig(path, dpi=120)


def main():
    args = parse_arguments()
    data = keras_tgdd.datasets.load(args.dataset, args.data_dir)
    if args.imbalance:
        data = keras_tgdd.datasets.long_tailed(data, args.imbalance, args.seed)
    name, settings = name_of(args), settings_of(args)
    path = args.results_dir / f"{name}.json"
    if args.dtype_policy:
        keras.config.set_dtype_policy(args.dtype_policy)
    experts = train_experts(args, data)
    for recipe in args.recipes:
        entries.measure_once(
            path,
            recipe,
            settings,
            f"recipes.py {shlex.join(sys.argv[1:])}",
            functools.partial(measure, recipe, args, data, experts),
        )
    stored = read(path)
    draw(stored, pathlib.Path(args.output_dir) / f"{name}.png")
    print(
        json.dumps(
            {key: entry["points"][-1]["mean"] for key, entry in stored.items()}
        )
    )


if __name__ == "__main__":
    main()
