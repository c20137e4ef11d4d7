"""The distillation methods of the field, with one protocol and one budget.

    KERAS_BACKEND=torch python benchmarks/methods.py --dataset cifar10
    KERAS_BACKEND=torch python benchmarks/methods.py --imbalance 100 \\
        --methods csdm dance --seed 1

Every method distils along the same experts for the same processor time, which
starts after the first steps, because they compile. What a method computes from
the real data before it starts, such as barycentres, is part of that time.
Settings are those of its paper, except `--factor` and `--samples-per-class`,
which decide the cost of a step and are the same for all. A learning rate that
falls over the steps is planned for as many steps as the time allows. With
`--steps`, all methods make the same number of steps, in whatever time they
need.

The set is kept at equal fractions of the budget, in `--output-dir`. One fresh
network is trained on each of these sets, and `--num-runs` on the last one.
Stores `results/recipes_<dataset>.json` (the files keep the name they had when
methods were called recipes), and draws accuracy against time. A stored method
is not repeated. Prints one JSON line last.
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
from stored_results import METHODS
from stored_results import RESULTS
from stored_results import read

import keras_tgdd
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.methods import get_method
from keras_tgdd.methods import method_names
from keras_tgdd.training import expert_recipe
from keras_tgdd.training import short_recipe

# Steps between two readings of the clock.
_STEPS = 5
# The stored results of this method were made with a rate that falls over the
# steps of its paper, whatever the budget.
_PLANNED_STEPS = {"wmdd": 2000}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="fashion_mnist")
    parser.add_argument("--data-dir", help="where TFDS keeps its data")
    parser.add_argument("--images-per-class", type=int, default=10)
    parser.add_argument(
        "--imbalance",
        type=float,
        help="ratio of the largest to the smallest class",
    )
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
        help="train experts as published; default: a short training",
    )
    parser.add_argument("--width", type=int, default=64, help="of the expert")
    parser.add_argument(
        "--network-width", type=int, default=128, help="of fresh networks"
    )
    parser.add_argument("--factor", type=int, help="default: the method's")
    parser.add_argument("--samples-per-class", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=200, help="of evaluation")
    parser.add_argument("--num-runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dtype-policy", help="default: the fastest here")
    parser.add_argument("--output-dir", default="output/methods")
    parser.add_argument("--results-dir", default=RESULTS, type=pathlib.Path)
    parser.add_argument(
        "--methods",
        nargs="*",
        default=method_names(),
        choices=method_names(),
        help="default: all",
    )
    return parser.parse_args()


class Marks(keras.callbacks.Callback):
    """Keeps the set at fractions of a budget, and stops at its end.

    Args:
        budget: float, seconds of processor time, or steps.
        number: int, how many sets are kept.
        before: float, seconds spent before the training.
        in_steps: bool, whether the budget is a number of steps.
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
        # `--most-steps` may end the training before the budget does.
        while len(self.kept) < len(self.budgets):
            images = self.model.distilled_dataset()
            self.kept.append(
                (round(self._spent, 1), self.model.num_steps, images)
            )


def settings_of(args):
    """The settings in which entries must agree to be comparable."""
    left_out = ["methods", "results_dir", "output_dir", "data_dir"]
    left_out.append("seconds" if args.steps else "steps")
    for name in ("dtype_policy", "num_experts", "published_experts"):
        if getattr(args, name) is None:  # older entries do not have them
            left_out.append(name)
    return {k: v for k, v in vars(args).items() if k not in left_out}


def train_experts(args, data):
    """Trains the experts of all methods, in a folder named by their kind."""
    published = args.published_experts
    folder = (
        f"{args.dataset}_{args.expert_epochs}_width_{args.width}_"
        f"{args.imbalance or 1:g}_{args.seed}"
    )
    make = expert_recipe if published else short_recipe
    return keras_tgdd.train_experts(
        data,
        functools.partial(keras_tgdd.models.ConvNet, width=args.width),
        num_experts=args.num_experts or 1,
        directory=pathlib.Path(args.output_dir)
        / (f"{folder}_published" if published else folder),
        recipe=make(args.expert_epochs, data.image_shape[0]),
        snapshots_per_epoch=1 if published else 2,
        seed=args.seed,
    )


def name_of(args):
    """The name of the files of one comparison."""
    name = f"{METHODS}_{args.dataset}"
    if args.imbalance:
        name += f"_imbalance_{args.imbalance:g}"
    if args.seed:
        name += f"_seed_{args.seed}"
    if args.steps:
        name += f"_{args.steps}_steps"
    return name


def build(name, args, data, experts):
    """Returns the trainer of a method, planned for the budget."""
    changes = {"samples_per_class": args.samples_per_class}
    if args.factor is not None:
        changes["factor"] = args.factor
    make = functools.partial(
        get_method(name).replace(**changes).build,
        data,
        experts,
        args.images_per_class,
        seed=args.seed,
    )
    if name in _PLANNED_STEPS:
        return make(steps=_PLANNED_STEPS[name])
    trainer = make(steps=args.steps or args.most_steps)
    if args.steps or not rate_falls(trainer.optimizer):
        return trainer
    # This trainer measures the speed, in a tenth of the time.
    marks = Marks(args.seconds / 10, 1)
    fit(trainer, args, data, marks)
    seconds, step, _ = marks.kept[0]
    share = args.seconds / max(seconds, 0.1)  # it is rounded
    return make(steps=int(share * (step - _STEPS)) + _STEPS)


def rate_falls(optimizer):
    """Whether the learning rate of an optimizer follows a schedule."""
    return isinstance(optimizer.get_config()["learning_rate"], dict)


def fit(trainer, args, source, marks):
    trainer.fit(
        source,
        epochs=args.most_steps // _STEPS,
        steps_per_epoch=_STEPS,
        callbacks=[marks],
        verbose=0,
    )


def distil(name, args, data, experts):
    """Returns seconds, steps and set at each mark of the budget."""
    trainer = build(name, args, data, experts)
    source, parts = data, trainer.parts
    start = time.process_time()
    if parts.objective.needs_summaries:
        source = keras_tgdd.summarize(
            experts,
            data,
            parts.objective,
            augmentation=parts.augmentation,
            plan=parts.summary_plan,
            samples_per_class=None,
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
    """Distils by a method, and evaluates the set at each mark."""
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
            data,
            network=functools.partial(
                keras_tgdd.models.ConvNet, width=args.network_width
            ),
            protocol=get_protocol("tgdd", args.epochs, data.flip),
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
    return {"points": points}


def draw(stored, path):
    """Draws accuracy against time, one line per method, the best first."""
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot(
        xlabel="seconds of processor time",
        ylabel="test accuracy in %",
        # There are more methods than the ten default colours.
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
        data = keras_tgdd.datasets.long_tailed(
            data, args.imbalance, seed=args.seed
        )
    name, settings = name_of(args), settings_of(args)
    path = args.results_dir / f"{name}.json"
    if args.dtype_policy:
        keras.config.set_dtype_policy(args.dtype_policy)
    experts = train_experts(args, data)
    for method in args.methods:
        entries.measure_once(
            path,
            method,
            settings,
            f"methods.py {shlex.join(sys.argv[1:])}",
            functools.partial(measure, method, args, data, experts),
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
