"""Results side by side, where they may stand so."""

from collections.abc import Mapping

from keras_tgdd.evaluation.result import EvaluationResult


def compare(results: Mapping[str, EvaluationResult]) -> str:
    """Writes results of one protocol as a Markdown table.

    Published numbers of this field mix protocols, which differ by more than
    the methods do; results of different ones are refused.

    Args:
        results: mapping from names, such as `"herding"`, to
            `EvaluationResult`.

    Returns:
        String: accuracy in % (mean ± standard deviation over networks), the
        number of networks and of images for each name, in the order given.

    Raises:
        ValueError: if there is no result, or protocols differ.

    Example:

    ```python
    print(compare({"random": evaluate(random, ...), "ours": evaluate(...)}))
    ```
    """
    if not results:
        raise ValueError("There is nothing to compare. Received: no results")
    (first_name, first), *others = results.items()
    for name, other in others:
        if other.protocol_fingerprint != first.protocol_fingerprint:
            raise ValueError(
                "Results of different protocols do not compare: the protocol "
                "changes accuracy by more than most methods do. Evaluate all "
                f"sets under one. Received: {first_name!r} and {name!r}, which "
                f"differ in {_differences(first.protocol, other.protocol)}"
            )
    lines = [
        f"Protocol `{first.protocol['name']}` "
        f"({first.protocol_fingerprint}), {first.protocol['epochs']} epochs",
        "",
        "| set | test accuracy in % | networks | images |",
        "|---|---|---|---|",
    ]
    for name, result in results.items():
        lines.append(
            f"| {name} | {100 * result.mean:.1f} ± {100 * result.std:.1f} | "
            f"{len(result.runs)} | {result.num_images} |"
        )
    return "\n".join(lines)


def _differences(first, other):
    """Settings that differ, as `name: a / b`."""
    names = sorted(first.keys() | other.keys())
    return ", ".join(
        f"{name}: {first.get(name)!r} / {other.get(name)!r}"
        for name in names
        if first.get(name) != other.get(name)
    )
