"""The README's tables of the results of `methods.py`."""

import numpy as np
from stored_results import LABELS
from stored_results import METHODS
from stored_results import RESULTS
from stored_results import by_dataset
from stored_results import mean_and_std
from stored_results import percent
from stored_results import read

# Accuracy with ConvNet-3 at 10 images per class, from the papers.
PUBLISHED = {
    "fashion_mnist": {"dm": "83.5", "cafe": "83.0", "dance": "86.3"},
    "cifar10": {
        "tgdd": "71.9",
        "dm": "48.9",
        "cafe": "46.3",
        "idm": "58.6",
        "m3d": "63.5",
        "dance": "70.8",
        "ncfm": "71.8",
        "dsdm": "66.5",
    },
}
# Numbers of steps of the comparisons on a GPU, where processor time says
# little. The larger is along five experts, as published.
STEPS, MORE_STEPS = 1000, 5000
# Ratio of class sizes in the long-tailed comparison, and its seeds.
IMBALANCE, SEEDS = 100, (0, 1, 2)


def comparison():
    """Head and rows: each method after half of the time and after all of it."""
    stored = by_dataset(METHODS)
    head = ["method"]
    for name in stored:
        label = LABELS[name]
        head += [f"{label}: steps", "half of the time", "all of it"]
    rows = [
        sum((_points(e.get(method)) for e in stored.values()), [f"`{method}`"])
        for method in _methods(stored.values())
    ]
    return head, rows


def _methods(stored):
    """The methods of all files, in the order of the longest file."""
    longest_first = sorted(stored, key=len, reverse=True)
    return list(dict.fromkeys(r for entries in longest_first for r in entries))


def _points(entry):
    """Steps at the last mark, and accuracy at the first and the last."""
    if entry is None:
        return ["–"] * 3
    first, last = entry["points"][0], entry["points"][-1]
    return [
        str(last["steps"]),
        percent(first["mean"]),
        f"**{mean_and_std(last)}**",
    ]


def published():
    """Head and rows: each method after equal steps, and its paper's figure."""
    budgets = {
        steps: by_dataset(METHODS, f"_{steps}_steps")
        for steps in (STEPS, MORE_STEPS)
    }
    head, columns = ["method"], []
    for name, label in LABELS.items():
        measured = {
            n: found[name] for n, found in budgets.items() if name in found
        }
        for steps, entries in measured.items():
            head.append(f"{label}, {steps} steps")
            columns.append(
                {r: mean_and_std(e["points"][-1]) for r, e in entries.items()}
            )
        if measured:
            head.append("published")
            columns.append(PUBLISHED[name])
    stored = [
        entries for found in budgets.values() for entries in found.values()
    ]
    rows = [
        [f"`{method}`", *[column.get(method, "–") for column in columns]]
        for method in _methods(stored)
    ]
    return head, rows


def long_tail():
    """Head and rows: methods on a long tail, by seed and their mean."""
    rows = []
    ends = [f"_seed_{seed}" if seed else "" for seed in SEEDS]
    name = f"{METHODS}_fashion_mnist_imbalance_{IMBALANCE}"
    files = [read(RESULTS / f"{name}{end}_{STEPS}_steps.json") for end in ends]
    for method in files[0]:
        found = [file[method]["points"][-1] for file in files if method in file]
        means = np.array([point["mean"] for point in found])
        rows.append(
            [
                f"`{method}`",
                *map(percent, means),
                *["–"] * (len(SEEDS) - len(means)),
                f"**{percent(means.mean())} ± {percent(means.std())}**",
            ]
        )
    head = ["method", *[f"seed {seed}" for seed in SEEDS], "mean"]
    return head, rows
