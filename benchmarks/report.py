"""The report page of a data set, from the stored results of `accuracy.py`.

    KERAS_BACKEND=torch python benchmarks/report.py fashion_mnist

Writes `output/accuracy/<dataset>.html` and `.md`. The page shows images and
features of the distilled sets that `accuracy.py` left there. `--make` distils
those that are missing and trains their experts, which takes hours.
"""

import argparse
import dataclasses
import json
import pathlib

import accuracy
import accuracy_runs

import keras_tgdd
from keras_tgdd.evaluation import EvaluationResult


def describe(run):
    """A run, described in words."""
    parts = [
        run.method.replace("_", " ").replace("tgdd", "TGDD"),
        f"{run.images_per_class} per class",
    ]
    if run.distils and run.factor == 1:
        parts.append("factor 1")
    elif not run.distils and run.factor > 1:
        parts.append("mosaics")
    if run.distils and run.expert == accuracy_runs.NARROW:
        parts.append("narrow expert")
    return ", ".join(parts)


def stored_runs(dataset):
    """The stored runs of ConvNets on a data set, with their results."""
    for name, run in accuracy_runs.RUNS.items():
        path = accuracy.RESULTS / f"accuracy_{name}.json"
        wanted = run.dataset == dataset and run.network == "ConvNet"
        if wanted and path.is_file():
            yield run, json.loads(path.read_text())["result"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", help="such as fashion_mnist")
    parser.add_argument("--data-dir", help="where TFDS keeps its data")
    parser.add_argument("--output-dir", default="output/accuracy")
    parser.add_argument(
        "--make", action="store_true", help="distil missing sets"
    )
    args = parser.parse_args()
    workshop = accuracy.Workshop(args.dataset, args.data_dir, args.output_dir)
    results, runs, times = {}, {}, {}
    for run, stored in stored_runs(args.dataset):
        label = describe(run)
        if label in results:
            label += f", {run.epochs} epochs"
        results[label] = dataclasses.replace(
            EvaluationResult.from_dict(stored),
            # The earliest files lack these two.
            images_per_class=run.images_per_class,
            method=run.method.replace("_", " "),
        )
        if run.method.endswith("tgdd"):
            runs[label] = run
            # Of runs that share a set, only the one that made it has a time.
            if "distillation" in stored["seconds"]:
                times[run.set_name] = stored["seconds"]["distillation"]
    first = {run.set_name: label for label, run in reversed(runs.items())}
    sets, experts = {}, None
    for label, run in runs.items():
        there = args.make or workshop.path(run).is_file()
        if there and first[run.set_name] == label:  # shown once
            sets[label] = workshop.distilled(run)
            experts = experts or workshop.experts(run)
    seconds = {
        label: times[run.set_name]
        for label, run in runs.items()
        if run.set_name in times
    }
    path = pathlib.Path(args.output_dir) / f"{args.dataset}.html"
    keras_tgdd.report(
        results,
        path,
        sets=sets,
        seconds=seconds,
        experts=experts,
        data=workshop.data,
        title=f"{args.dataset}: distilled from a finished expert",
    )
    print(json.dumps({"output": str(path), "results": list(results)}))


if __name__ == "__main__":
    main()
