"""Results side by side, where they may stand so."""

import dataclasses
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_tgdd.evaluation.result import EvaluationResult


def compare(results: Mapping[str, EvaluationResult]) -> str:
    """Writes results of one protocol as a Markdown table.

    Published numbers of this field mix protocols, which differ by more than
    the methods do; results of different ones are refused. So are results on
    hard and on soft labels side by side: what experts know reaches networks
    by soft labels, whatever the images are.

    Args:
        results: mapping from names, such as `"herding"`, to
            `EvaluationResult`.

    Returns:
        String: accuracy in % (mean ± standard deviation over networks), the
        number of networks and of images for each name, in the order given;
        where networks differ, which ones they are.

    Raises:
        ValueError: if there is no result, or protocols or kinds of labels
            differ.

    Example:

    ```python
    sets = {"random": random, "distilled": distilled}
    results = {
        name: keras_tgdd.evaluate(small_set, x_test, y_test)
        for name, small_set in sets.items()
    }
    print(compare(results))
    ```
    """
    first = check_one_protocol(results)
    lines = [
        f"Protocol `{first.protocol['name']}` "
        f"({first.protocol_fingerprint}), {first.protocol['epochs']} epochs"
        f"{', soft labels' if first.labels == 'soft' else ''}",
        "",
        "| set | test accuracy in % | networks | images |",
        "|---|---|---|---|",
    ]
    differ = len({result.network for result in results.values()}) > 1
    for name, result in results.items():
        networks = f"{len(result.runs)}"
        if differ:
            networks += f" {result.network or ''}".rstrip()
        lines.append(
            f"| {name} | {100 * result.mean:.1f} ± {100 * result.std:.1f} | "
            f"{networks} | {result.num_images} |"
        )
    return "\n".join(lines)


def pool(results: Sequence[EvaluationResult]) -> EvaluationResult:
    """Joins the networks of several results, as of several draws of a set.

    A set that is drawn, such as random images, differs from draw to draw by
    more than networks on one draw do.

    Args:
        results: sequence of `EvaluationResult` of one protocol, kind of
            labels and number of images.

    Returns:
        `EvaluationResult` over all networks, with the seed of the first.

    Raises:
        ValueError: if there is no result, or protocols, kinds of labels,
            sizes, methods or networks differ.

    Example:

    ```python
    draws = [
        keras_tgdd.evaluation.random_images(x_train, y_train, 10, seed=seed)
        for seed in range(3)
    ]
    result = pool(
        [
            keras_tgdd.evaluate(draw, x_test, y_test, num_runs=1)
            for draw in draws
        ]
    )
    ```
    """
    first = check_one_protocol(dict(enumerate(results)))
    for name in ("num_images", "images_per_class", "method", "network"):
        found = {getattr(result, name) for result in results}
        if len(found) > 1:
            raise ValueError(
                f"Results that are pooled must have one `{name}`. Received: "
                f"{sorted(map(str, found))}"
            )
    confusions = [result.confusion for result in results]
    watched = all(result.best_runs for result in results)
    return dataclasses.replace(
        first,
        runs=sum((result.runs for result in results), ()),
        best_runs=(
            sum((result.best_runs for result in results), ()) if watched else ()
        ),
        seconds=sum(result.seconds for result in results),
        confusion=(
            tuple(map(tuple, np.sum(confusions, axis=0).tolist()))
            if all(confusions)
            else ()
        ),
    )


def check_one_protocol(
    results: Mapping[Any, EvaluationResult],
) -> EvaluationResult:
    """Refuses results that do not compare, and returns the first.

    Args:
        results: mapping from names to `EvaluationResult`.

    Raises:
        ValueError: if there is no result, or protocols or kinds of labels
            differ.
    """
    if not results:
        raise ValueError("There is nothing to compare. Received: no results")
    (first_name, first), *others = results.items()
    for name, other in others:
        if other.labels != first.labels:
            raise ValueError(
                "Results on hard and on soft labels do not compare: soft ones "
                "bring what experts know of the real data to any images. "
                "Evaluate all sets with `soft_labels=False`, or all relabelled "
                f"by the same experts. Received: {first_name!r} on "
                f"{first.labels} labels and {name!r} on {other.labels} labels"
            )
        if other.protocol_fingerprint != first.protocol_fingerprint:
            raise ValueError(
                "Results of different protocols do not compare: the protocol "
                "changes accuracy by more than most methods do. Evaluate all "
                f"sets under one. Received: {first_name!r} and {name!r}, which "
                f"differ in {_differences(first.protocol, other.protocol)}"
            )
    return first


def _differences(first, other):
    """Settings that differ, as `name: a / b`."""
    names = sorted(first.keys() | other.keys())
    return ", ".join(
        f"{name}: {first.get(name)!r} / {other.get(name)!r}"
        for name in names
        if first.get(name) != other.get(name)
    )
