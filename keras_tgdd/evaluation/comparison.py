"""Comparison and pooling of results that share one protocol."""

import dataclasses
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_tgdd.evaluation.result import EvaluationResult
from keras_tgdd.runtime.fingerprint import differences


def compare(results: Mapping[str, EvaluationResult]) -> str:
    """Formats results of one protocol as a Markdown table.

    Published numbers of this field mix protocols, which change accuracy more
    than the methods do. Results of different protocols are therefore refused,
    and so are results on hard beside results on soft labels, which transfer
    the experts' knowledge whatever the images show.

    Args:
        results: mapping from names, such as `"herding"`, to
            `EvaluationResult`.

    Returns:
        String, one row per result in the given order: test accuracy in %
        (mean ± standard deviation over networks), number of networks and
        number of images. Rows name the networks if these differ.

    Raises:
        ValueError: if there is no result, or protocols or kinds of labels
            differ.

    Example:

    ```python
    sets = {"random": random, "distilled": distilled}
    results = {
        name: keras_tgdd.evaluate(small_set, (x_test, y_test))
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
    """Pools the networks of several results, such as several random sets.

    Randomly selected sets vary more from draw to draw than networks vary on
    one of them. Pool one network per draw to include that variation.

    Args:
        results: sequence of `EvaluationResult` with the same protocol, kind
            of labels, number of images, method and network.

    Returns:
        `EvaluationResult` over all networks, with the seed of the first
        result.

    Raises:
        ValueError: if there is no result, or the results differ in any of
            these.

    Example:

    ```python
    draws = [
        keras_tgdd.evaluation.select_images((x_train, y_train), 10, seed=seed)
        for seed in range(3)
    ]
    result = pool(
        [
            keras_tgdd.evaluate(draw, (x_test, y_test), num_runs=1)
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
                f"Pooled results must have one `{name}`. Received: "
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
    """Refuses results that are not comparable; returns the first result.

    Args:
        results: mapping from names to `EvaluationResult`.

    Returns:
        The first `EvaluationResult`.

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
                "Results on hard and on soft labels are not comparable: soft "
                "labels transfer the experts' knowledge to any images. "
                "Evaluate all sets with `soft_labels=False`, or relabel all of "
                f"them with the same experts. Received: {first_name!r} on "
                f"{first.labels} labels and {name!r} on {other.labels} labels"
            )
        if other.protocol_fingerprint != first.protocol_fingerprint:
            differing = differences(
                first.protocol,
                other.protocol,
                "{key}: {stored!r} / {wanted!r}",
                mutual=True,
            )
            raise ValueError(
                "Results of different protocols are not comparable: protocols "
                "change accuracy more than most methods do. Evaluate all sets "
                f"with one protocol. Received: {first_name!r} and {name!r}, "
                f"which differ in {', '.join(differing)}"
            )
    return first
