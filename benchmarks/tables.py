"""The README's tables, from the stored results.

    python benchmarks/tables.py           # fails if the README differs
    python benchmarks/tables.py --write   # writes them into the README

Each table stands in the README between a comment that names it and one that
ends it.
"""

import argparse
import difflib
import json
import pathlib
import sys

import accuracy_runs
import method_tables
import numpy as np
from stored_results import LABELS
from stored_results import RESULTS
from stored_results import by_dataset
from stored_results import mean_and_std
from stored_results import percent

README = pathlib.Path(__file__).parents[1] / "README.md"

# Result file, data set, and how the set was made.
MEASURED = [
    (
        "fashion_mnist_10",
        "Fashion-MNIST",
        "one expert of 16 epochs, 200 iterations, protocol `tgdd` with 200 "
        "epochs, PyTorch",
    ),
    ("digits_1_jax", "digits (8 × 8)", "`make demo`, JAX"),
    ("digits_10_jax", "digits (8 × 8)", "`make demo`, JAX"),
]
QUICK = [
    ("cifar10_quick_jax", "CIFAR-10"),
    ("cifar10_quick_tensorflow", "CIFAR-10"),
    ("cifar10_quick_torch", "CIFAR-10"),
    ("imagenette_quick_jax", "Imagenette, 128 px"),
]
# The best figure of any method with ConvNet-3, and the method.
PUBLISHED = {
    "fashion_mnist": {1: "81.5, DANCE", 10: "86.4, DREAM", 50: "89.1, IDC"},
    "cifar10": {1: "51.1, DREAM", 10: "71.9, TGDD", 50: "77.4, NCFM"},
}
# Ends of the names of runs that made a set of one size in several ways.
ENDS = (
    *("_short", "_covariance_tgdd", "", "_factor_1"),
    *("_long", "_long_tgdd", "_long_full", "_published"),
)
ABLATION = [
    ("fashion_mnist_10_random_networks", "under random networks"),
    ("fashion_mnist_10_stage_wise", "along an expert, stage by stage"),
    ("fashion_mnist_10_tgdd", "the same, with the constraint: TGDD"),
]
# Each row after the second changes one part of the second.
COMBINATIONS = [
    ("tgdd", "`tgdd`: mosaics of random images, a constant rate"),
    ("k_means", "`tgdd` from images near k-means centres, a falling rate"),
    ("covariance", "with covariances (DSDM): `covariance_tgdd`"),
    ("kernel", "with Gaussian kernels (M3D)"),
    ("characteristic", "with characteristic functions (NCFM)"),
    ("layers", "with maps of the last two blocks beside features (CAFE)"),
    ("discrimination", "with discrimination of real features (CAFE)"),
    ("sliced", "with the sliced Wasserstein distance"),
    ("interpolated", "under weights between random and trained (DANCE)"),
    ("six_augmentations", "with flip, scale and rotation, too (DSA)"),
    ("without_cutout", "without cutout"),
    ("crop_alone", "without cutout and colour"),
]
BACKENDS = [
    ("torch", "PyTorch, bfloat16"),
    ("tensorflow", "TensorFlow"),
    ("jax", "JAX"),
]


def result(name):
    """Returns the JSON result of a stored run."""
    return json.loads((RESULTS / f"{name}.json").read_text())["result"]


def accuracy_row(name, dataset, how=None):
    """Cells of a run: random images, mosaics, distilled images, all data."""
    run = result(name)
    mosaics = run["mosaic_accuracy"]
    return [
        dataset,
        str(run["images_per_class"]),
        percent(run["random_accuracy"]),
        "–" if mosaics == run["random_accuracy"] else percent(mosaics),
        f"**{percent(run['distilled_accuracy'])} ± "
        f"{percent(run['distilled_std'])}**",
        percent(run["full_accuracy"]),
        how or run["backend"],
    ]


def accuracy_table(rows, last):
    head = "data set | images per class | random images | mosaics | distilled"
    cells = [accuracy_row(*row) for row in rows]
    return table([*head.split(" | "), "all data", last], cells)


def step_table():
    rows = []
    for backend, label in BACKENDS:
        run = result(f"step_{backend}_10")
        others = []
        if "cached_one_snapshot" in run:
            others.append(
                f"{run['cached_one_snapshot']['ratio']:.1f} with `region=1`"
            )
        if "live" in run:
            others.append(f"{run['live']['ratio']:.1f} from live images")
        ratio = f"{run['cached']['ratio']:.1f}"
        if others:
            ratio += f" ({'; '.join(others)})"
        rows.append([label, f"{run['cached']['seconds']:.1f} s", ratio])
    head = ["backend", "step", "times faster than the published loop"]
    return table(head, rows)


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def stored(name):
    """The result of a run of `accuracy.py`, or `None` if it is missing."""
    path = RESULTS / f"accuracy_{name}.json"
    return json.loads(path.read_text())["result"] if path.is_file() else None


def accuracy_by_size_table():
    head = [
        *("data set", "images per class", "made by", "random images"),
        *("distilled", "best on the way*", "published best*", "evaluation"),
    ]
    rows = []
    for dataset, published in PUBLISHED.items():
        for size, best in published.items():
            name = f"{dataset}_{size}"
            for end in ENDS:
                run = stored(f"{name}{end}")
                if run is not None:
                    cells = accuracy_by_size_cells(run, name)
                    cells.insert(3, best)
                    rows.append(
                        [LABELS[dataset], str(size), how_made(run), *cells]
                    )
    return table(head, rows)


def accuracy_by_size_cells(run, name):
    """Accuracy of a distilled set, and of random images in as many epochs."""
    epochs = run["settings"]["epochs"]
    ends = ("", "_short", "_full")
    drawn = [stored(f"{name}_random{end}") for end in ends]
    beside = [it for it in drawn if it and it["settings"]["epochs"] == epochs]
    return [
        mean_and_std(beside[0] if beside else None),
        f"**{mean_and_std(run)}**",
        "–" if run["best"] is None else percent(run["best"]),
        f"{epochs} epochs",
    ]


def how_made(run):
    """Method, experts and steps of a distilled set, as text."""
    settings = run["settings"]
    # Of the expert, the earliest files have the epochs only.
    expert = settings.get("expert", {"width": 128})
    epochs = expert.get("epochs", settings.get("expert_epochs"))
    number = expert.get("number", 1)
    times = f"{number} times " if number > 1 else ""
    made = (
        f"`{settings['method']}`, {times}{epochs} epochs of width "
        f"{expert['width']}, {settings['iterations']} steps"
    )
    if settings["factor"] == 1:
        made += ", factor 1"
    weight = settings.get("constraint_weight")
    return made if weight is None else f"{made}, constraint weight {weight:g}"


def named_runs_table(head, names):
    """A table of those of the named runs that are stored."""
    rows = [
        [label, mean_and_std(stored(name))]
        for name, label in names
        if stored(name) is not None
    ]
    return table(head, rows)


def ablation_table():
    head = ["features are matched", "accuracy in %"]
    whole = all(stored(name) for name, _ in ABLATION)
    return named_runs_table(head, ABLATION if whole else [])


def networks_table():
    names = [
        (f"fashion_mnist_10_{network}", network)
        for network in accuracy_runs.NETWORKS
    ]
    return named_runs_table(["network", "accuracy in %"], names)


def baselines_table():
    head = ["10 real images per class", "whole", "mosaics of four"]
    rows = []
    for method in ("random", "herding", "k_center", "k_means"):
        name = f"fashion_mnist_10_{method}"
        whole = stored(f"{name}_short")
        mosaics = stored(f"{name}_mosaics_short")
        if whole or mosaics:
            label = method.replace("_", "-").replace("center", "centre")
            rows.append([label, mean_and_std(whole), mean_and_std(mosaics)])
    return table(head, rows)


def combinations_table(kind=""):
    """Combinations of parts, a column for each data set."""
    columns = by_dataset("combinations", kind)
    rows = []
    for name, label in COMBINATIONS:
        entries = [found.get(name) for found in columns.values()]
        if any(entries):
            rows.append([label, *map(mean_and_std, entries)])
    return table(["parts", *map(LABELS.get, columns)], rows)


def replay_table():
    """Accuracy after the last step, mean and deviation over orders."""
    run = result("continual_learning_digits")
    rows = []
    for method, label in (
        ("distilled", "distilled images"),
        ("herding", "herding"),
        ("random", "random images"),
    ):
        orders = np.array(run["accuracies"][method])
        first, last = orders[:, 0], orders[:, -1]
        rows.append(
            [
                label,
                f"{percent(first.mean())} ± {percent(first.std())}",
                f"{percent(last.mean())} ± {percent(last.std())}",
            ]
        )
    seen = run["classes_seen"]
    head = ["memory", f"{seen[0]} classes", f"{seen[-1]} classes"]
    return table(head, rows)


def search_table():
    """What a search on a small set finds, and what it takes."""
    run = result("hyperparameter_search_digits")
    rows = [["all data", "1", "0.0", f"{run['seconds']['all data']:.0f} s"]]
    for name in ("distilled", "random"):
        found = run["found"][name]
        rows.append(
            [
                f"{name} images",
                f"{found['rank_correlation']:.2f}",
                percent(found["cost"]),
                f"{run['seconds'][name]:.0f} s",
            ]
        )
    head = ["searched on", "rank correlation", "points lost", "time"]
    return table(head, rows)


TABLES = {
    "replay": replay_table,
    "search": search_table,
    "step": step_table,
    "measured": lambda: accuracy_table(MEASURED, "how"),
    "sizes": accuracy_by_size_table,
    "ablation": ablation_table,
    "networks": networks_table,
    "baselines": baselines_table,
    "combinations": combinations_table,
    "combinations_test": lambda: combinations_table("_test"),
    "methods": lambda: table(*method_tables.comparison()),
    "published_methods": lambda: table(*method_tables.published()),
    "long_tail": lambda: table(*method_tables.long_tail()),
    "quick": lambda: accuracy_table(QUICK, "backend"),
}


def filled(text):
    """Returns the README's text with every table filled in again."""
    for name, make in TABLES.items():
        begin, end = f"<!-- table {name} -->\n", "<!-- end -->"
        before, found, rest = text.partition(begin)
        if not found and make().count("\n") == 1:
            continue  # no rows, because nothing is stored yet
        if not found or end not in rest:
            raise SystemExit(f"README.md has no place for the table {name!r}.")
        after = rest[rest.index(end) :]
        text = f"{before}{begin}{make()}\n{after}"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--write", action="store_true", help="update the README"
    )
    args = parser.parse_args()
    text = README.read_text()
    expected = filled(text)
    if args.write:
        README.write_text(expected)
    elif text != expected:
        lines = (text.splitlines(), expected.splitlines())
        shown = difflib.unified_diff(
            *lines, "README.md", "the stored results", lineterm="", n=0
        )
        print(*shown, sep="\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
