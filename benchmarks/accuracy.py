"""The measured tables: distilled sets and what they are compared with.

    python benchmarks/accuracy.py --list
    KERAS_BACKEND=torch python benchmarks/accuracy.py fashion_mnist_1 ...
    KERAS_BACKEND=jax python benchmarks/accuracy.py \\
        --dtype-policy mixed_bfloat16 cifar10_10_published  # on a GPU

Makes the named runs, or all of them, in the order of `accuracy_runs.py`, and
stores each as `results/accuracy_<name>.json`. A stored run is not repeated.
Experts and distilled sets are kept in `output/accuracy/<dataset>` and shared
between runs. Results of finished networks are kept there too, so an interrupted
run resumes with the next network. Test data are used for the figures only.
"""

import argparse
import functools
import json
import pathlib
import shlex
import sys
import time

import accuracy_runs
import keras
import machine
from starts import start_images
from stored_results import RESULTS

import keras_tgdd
from keras_tgdd import Progress
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.evaluation import pool
from keras_tgdd.evaluation import select_images
from keras_tgdd.objectives import ClassificationConstraint
from keras_tgdd.objectives import CovarianceMatching
from keras_tgdd.storage.atomic_write import atomic_write
from keras_tgdd.training import expert_recipe
from keras_tgdd.training import short_recipe
from keras_tgdd.trajectories import RandomNetworks

RECIPES = {"published": expert_recipe, "short": short_recipe}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="runs; default: all")
    parser.add_argument("--list", action="store_true", help="print the runs")
    parser.add_argument("--data-dir", help="where TFDS keeps its data")
    parser.add_argument("--dtype-policy", help="default: the fastest here")
    parser.add_argument("--output-dir", default="output/accuracy")
    parser.add_argument("--results-dir", default=RESULTS, type=pathlib.Path)
    return parser.parse_args()


class Workshop:
    """Experts and sets of one data set, made when they are first needed."""

    def __init__(self, dataset, data_dir, output_dir):
        self.data = keras_tgdd.datasets.load(dataset, data_dir)
        self.directory = pathlib.Path(output_dir) / dataset
        self.directory.mkdir(parents=True, exist_ok=True)
        self._experts, self._features = {}, {}
        self.seconds = {}

    def experts(self, run):
        expert = run.expert
        if expert not in self._experts:
            data = self.data
            recipe = RECIPES[expert.recipe](expert.epochs, data.image_shape[0])
            start = time.perf_counter()
            self._experts[expert] = keras_tgdd.train_experts(
                data,
                functools.partial(
                    keras_tgdd.models.ConvNet, width=expert.width
                ),
                num_experts=expert.number,
                directory=self.directory / f"expert_{expert.name}",
                recipe=recipe,
                snapshots_per_epoch=expert.snapshots_per_epoch,
            )
            self.seconds["experts"] = time.perf_counter() - start
        return self._experts[expert]

    def path(self, run):
        """Path of the set of a run."""
        return self.directory / f"{run.set_name}.safetensors"

    def distilled(self, run):
        """The set of a run, distilled if it is not on disk."""
        path = self.path(run)
        if not path.is_file():
            self._distil(run).save(path)
        return keras_tgdd.DistilledDataset.load(path)

    def _distil(self, run):
        trainer = self._trainer(run)
        source = self.data
        if run.samples_per_class is None and run.method != "random_networks":
            start = time.perf_counter()
            source = keras_tgdd.summarize(self.experts(run), source)
            self.seconds["summaries"] = time.perf_counter() - start
        start = time.perf_counter()
        trainer.fit(
            source,
            steps_per_epoch=run.steps,
            callbacks=[Progress("distillation")],
            verbose=0,
        )
        self.seconds["distillation"] = time.perf_counter() - start
        return trainer.distilled_dataset()

    def _trainer(self, run):
        """The parts of a run; the ablations leave some of TGDD's out."""
        trajectory = self.experts(run)
        if run.method == "random_networks":
            trajectory = RandomNetworks(
                trajectory.network.network,
                trajectory.normalization,
                class_names=trajectory.class_names,
            )
        covariances = run.method == "covariance_tgdd"
        constrained = run.method.endswith("tgdd")
        trainer = keras_tgdd.DistillationTrainer(
            start_images(
                self.data,
                run.images_per_class,
                run.start,
                features=lambda: self.features(run),
                factor=run.factor,
            ),
            trajectory,
            CovarianceMatching() if covariances else None,
            constraint=ClassificationConstraint() if constrained else None,
            constraint_weight=run.constraint_weight,
            samples_per_class=run.samples_per_class or 128,
            method=run.method,
        )
        if run.rate is not None:
            trainer.compile(falling_rate(run.rate, run.steps))
        return trainer

    def features(self, run):
        """Features of all training images under the expert."""
        if run.expert not in self._features:
            x = self.data.x_train
            self._features[run.expert] = self.experts(run).features(x)
        return self._features[run.expert]

    def selected(self, run, seed):
        """A set of real images, selected by the method of the run."""
        method = run.method
        return select_images(
            self.data,
            run.images_per_class,
            method,
            features=None if method == "random" else self.features(run),
            factor=run.factor,
            seed=seed,
        )

    def evaluate(self, run, small, num_runs, seed=0):
        return keras_tgdd.evaluate(
            small,
            self.data,
            network=run.network,
            protocol=get_protocol("tgdd", run.epochs, self.data.flip),
            num_runs=num_runs,
            seed=seed,
            description=run.name,
            test_every=run.test_every,
            filepath=self.directory / f"{run.name}_seed_{seed}.json",
        )


def falling_rate(rate, steps):
    """The paper's optimizer with a rate that falls to zero over the steps."""
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    return keras.optimizers.SGD(schedule, momentum=0.5)


def measure(run, workshop):
    """Returns the JSON-compatible result of a run."""
    workshop.seconds = {}
    if run.distils:
        small = workshop.distilled(run)
        found = workshop.evaluate(run, small, run.num_runs)
        results = [found]
    else:  # each network has its own selection
        results = [
            workshop.evaluate(run, workshop.selected(run, seed), 1, seed)
            for seed in range(run.num_runs)
        ]
    evaluation = pool(results)
    seconds = {**workshop.seconds, "evaluation": evaluation.seconds}
    return {
        "settings": run.settings(),
        **evaluation.to_dict(),
        "evaluation_seeds": [
            [result.seed, index]
            for result in results
            for index, _ in enumerate(result.runs)
        ],
        "seconds": {k: round(v, 1) for k, v in seconds.items()},
    }


def store(path, run, result, dtype_policy=None):
    """Writes a result with its provenance, one part per line."""
    provenance = machine.provenance()
    options = f"--dtype-policy {dtype_policy} " if dtype_policy else ""
    command = (
        f"KERAS_BACKEND={provenance['backend']} "
        f"python benchmarks/accuracy.py {options}{shlex.quote(run.name)}"
    )
    stored = {
        "command": command,
        "commit": provenance.pop("commit"),
        "result": {**result, **provenance},
    }
    lines = [f' "{key}": {json.dumps(value)}' for key, value in stored.items()]
    with atomic_write(path) as temporary:
        temporary.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main():
    args = parse_arguments()
    unknown = set(args.names) - set(accuracy_runs.RUNS)
    if unknown:
        sys.exit(
            "Runs must be among those that `--list` prints. Received: "
            f"{sorted(unknown)}"
        )
    if args.dtype_policy:
        keras.config.set_dtype_policy(args.dtype_policy)
    workshops, line = {}, {}
    for name in args.names or accuracy_runs.RUNS:
        run = accuracy_runs.RUNS[name]
        path = args.results_dir / f"accuracy_{name}.json"
        if args.list:
            print(f"{name:<40} {'stored' if path.is_file() else 'to do'}")
            continue
        if not path.is_file():
            if run.dataset not in workshops:
                workshops[run.dataset] = Workshop(
                    run.dataset, args.data_dir, args.output_dir
                )
            result = measure(run, workshops[run.dataset])
            store(path, run, result, args.dtype_policy)
        stored = json.loads(path.read_text())["result"]
        line[name] = stored["mean"]
        print(f"{name}: {100 * stored['mean']:.1f} %", flush=True)
    if not args.list:
        print(json.dumps(line))


if __name__ == "__main__":
    main()
