"""The stored results: where they are, how they are read and formatted."""

import json
import pathlib

RESULTS = pathlib.Path(__file__).parent / "results"
# Prefix of the files of `methods.py`, from when methods were called recipes.
METHODS = "recipes"
# Data sets of the comparisons, and their names in tables.
LABELS = {"fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}


def read(path):
    """Returns the entries of a file by name; an empty dict without a file."""
    return json.loads(path.read_text()) if path.is_file() else {}


def by_dataset(prefix, suffix=""):
    """Returns the stored entries of every data set that has any.

    Args:
        prefix: string, start of the files' names, such as `"combinations"`.
        suffix: string, end of the files' names, after the data set.

    Returns:
        Dict from names of data sets to entries by name.
    """
    found = {
        name: read(RESULTS / f"{prefix}_{name}{suffix}.json") for name in LABELS
    }
    return {name: entries for name, entries in found.items() if entries}


def percent(value):
    return f"{100 * value:.1f}"


def mean_and_std(run):
    """The accuracy of a run or an entry as text; a dash for `None`."""
    if run is None:
        return "–"
    if len(run["runs"]) == 1:
        return f"{percent(run['mean'])} (one network)"
    return f"{percent(run['mean'])} ± {percent(run['std'])}"
