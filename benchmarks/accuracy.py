"""The measured tables: distilled sets and what they are compared with.

    python benchmarks/accuracy.py --list
    KERAS_BACKEND=torch python benchmarks/accuracy.py fashion_mnist_1 ...
    KERAS_BACKEND=jax python benchmarks/accuracy.py \\
        --dtype-policy mixed_bfloat16 cifar10_10_published  # on a GPU

Makes each run that is named, or all, in the order of `accuracy_runs.py`, and
stores it as `results/accuracy_<name>.json`; what is stored is not made again.
Experts and distilled sets are kept in `output/accuracy/<dataset>` and shared
between runs; networks that are trained, too, so that a run goes on where it was
stopped. Test data are read for the figures alone.
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
from stored_results import RESULTS

import keras_tgdd
from keras_tgdd import Progress
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.evaluation import pool
from keras_tgdd.evaluation import select_images
from keras_tgdd.layers import SyntheticImages
from keras_tgdd.methods.initialization import start_from_real
from keras_tgdd.objectives import CovarianceMatching
from keras_tgdd.storage.atomic_write import atomic_write
from keras_tgdd.trajectories import RandomNetworks
from keras_tgdd.trajectories import expert_recipe
from keras_tgdd.trajectories import short_recipe

RECIPES = {"published": expert_recipe, "short": short_recipe}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="runs; default: all")
    parser.add_argument("--list", action="store_true", help="name the runs")
    parser.add_argument("--data-dir", help="where TFDS keeps its data")
    parser.add_argument("--dtype-policy", help="default: what is fastest here")
    parser.add_argument("--output-dir", default="output/accuracy")
    parser.add_argument("--results-dir", default=RESULTS, type=pathlib.Path)
    return parser.parse_args()


class Workshop:
    """Experts and sets of one data set, made when asked for."""

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
                functools.partial(
                    keras_tgdd.models.ConvNet, width=expert.width
                ),
                data.x_train,
                data.y_train,
                num_experts=expert.number,
                directory=self.directory / f"expert_{expert.name}",
                recipe=recipe,
                mean=data.mean,
                std=data.std,
                class_names=data.class_names,
                snapshots_per_epoch=expert.snapshots_per_epoch,
            )
            self.seconds["experts"] = time.perf_counter() - start
        return self._experts[expert]

    def path(self, run):
        """Where the set of a run is kept."""
        return self.directory / f"{run.set_name}.safetensors"

    def distilled(self, run):
        """The set of a run, read from disk where it is there already."""
        path = self.path(run)
        if not path.is_file():
            self._distil(run).save(path)
        return keras_tgdd.DistilledDataset.load(path)

    def _distil(self, run):
        data, trajectory = self.data, self.experts(run)
        if run.method == "random_networks":
            network = keras.models.clone_model(trajectory.network.network)
            trajectory = RandomNetworks(
                network, data.mean, data.std, data.class_names
            )
        source = (data.x_train, data.y_train)
        synthetic = SyntheticImages(
            data.num_classes, run.images_per_class, data.image_shape, run.factor
        )
        start_from_real(
            synthetic, *source, lambda x: self.features(run), run.start
        )
        trainer = keras_tgdd.DistillationTrainer(
            synthetic,
            trajectory,
            CovarianceMatching() if run.method == "covariance_tgdd" else None,
            constraint=None if run.method.endswith("tgdd") else False,
            constraint_weight=run.constraint_weight,
            samples_per_class=run.samples_per_class or 128,
        )
        trainer.method = run.method
        if run.rate is not None:
            trainer.compile(falling_rate(run.rate, run.iterations))
        if run.samples_per_class is None and run.method != "random_networks":
            start = time.perf_counter()
            source = (trajectory.summarize(*source),)
            self.seconds["summaries"] = time.perf_counter() - start
        start = time.perf_counter()
        trainer.fit(
            *source,
            steps_per_epoch=run.iterations,
            callbacks=[Progress("distillation")],
            verbose=0,
        )
        self.seconds["distillation"] = time.perf_counter() - start
        return trainer.distilled_dataset()

    def features(self, run):
        """Those of all training images, under the expert."""
        if run.expert not in self._features:
            x = self.data.x_train
            self._features[run.expert] = self.experts(run).features(x)
        return self._features[run.expert]

    def selected(self, run, method, seed):
        data = self.data
        return select_images(
            data.x_train,
            data.y_train,
            run.images_per_class,
            method,
            None if method == "random" else self.features(run),
            factor=run.factor,
            mean=data.mean,
            std=data.std,
            seed=seed,
        )

    def evaluate(self, run, small, num_runs, seed=0):
        trained = self.directory / f"{run.name}_seed_{seed}.json"
        return keras_tgdd.evaluate(
            small,
            self.data.x_test,
            self.data.y_test,
            run.network,
            get_protocol("tgdd", run.epochs, self.data.flip),
            num_runs,
            seed,
            description=run.name,
            test_every=run.test_every,
            filepath=trained,
        )


def falling_rate(rate, iterations):
    """The paper's optimizer of pixels with a rate that falls to zero."""
    schedule = keras.optimizers.schedules.CosineDecay(rate, iterations)
    return keras.optimizers.SGD(schedule, momentum=0.5)


def measure(run, workshop):
    """Returns the JSON-compatible result of a run."""
    workshop.seconds = {}
    if run.distils:
        small = workshop.distilled(run)
        found = workshop.evaluate(run, small, run.num_runs)
        results = [found]
    else:  # a draw of its own for every network
        results = [
            workshop.evaluate(
                run, workshop.selected(run, run.method, seed), 1, seed
            )
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
    """Writes a result with its provenance, a line for each part."""
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
        sys.exit(f"There are no runs {sorted(unknown)}; --list names all.")
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
