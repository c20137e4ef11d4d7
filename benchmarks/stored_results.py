"""The results that are stored: where they lie, how they are read and told."""

import json
import pathlib

RESULTS = pathlib.Path(__file__).parent / "results"
# Data sets of the comparisons, and what tables call them.
LABELS = {"fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}


def read(path):
    """Returns the entries of a file by name; none where there is no file."""
    return json.loads(path.read_text()) if path.is_file() else {}


def by_dataset(script, kind=""):
    """What a script stored for each data set, where it stored anything.

    Args:
        script: string, its name without `.py`.
        kind: string, the rest of the files' names.

    Returns:
        Dict from names of data sets to entries by name.
    """
    found = {
        name: read(RESULTS / f"{script}_{name}{kind}.json") for name in LABELS
    }
    return {name: entries for name, entries in found.items() if entries}


def percent(value):
    return f"{100 * value:.1f}"


def mean_and_std(run):
    """The accuracy of a run or an entry; a dash for `None`."""
    if run is None:
        return "–"
    if len(run["runs"]) == 1:
        return f"{percent(run['mean'])} (one network)"
    return f"{percent(run['mean'])} ± {percent(run['std'])}"
