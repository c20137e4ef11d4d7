"""A report of results, with their settings, sets and figures."""

import importlib.metadata
import io
import pathlib
import re
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import keras

from keras_tgdd.arguments import PathLike
from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.datasets.training_data import as_training_data
from keras_tgdd.evaluation.reporting import figures
from keras_tgdd.evaluation.reporting.feature_view import feature_views
from keras_tgdd.evaluation.reporting.pages import page_environment
from keras_tgdd.evaluation.reporting.pages import write_pages
from keras_tgdd.evaluation.result import EvaluationResult
from keras_tgdd.evaluation.scores import storage
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.synthetic.grid import grid_figure
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories

# Images per class that are shown.
_COLUMNS = 20

Results = Mapping[str, EvaluationResult]
Sets = Mapping[str, DistilledDataset]


def report(
    results: Results,
    path: PathLike,
    *,
    sets: Sets | None = None,
    seconds: Mapping[str, float] | None = None,
    experts: ExpertTrajectories | None = None,
    data: Any = None,
    title: str = "Dataset distillation",
) -> None:
    """Writes results as a self-contained HTML page and as Markdown.

    The page has one table per protocol and kind of labels, since results of
    different ones are not comparable. It shows accuracy against images per
    class and against time, the images of each class, confusion matrices, and
    real and synthetic features early, midway and late in the training of an
    expert.

    Args:
        results: mapping from names, such as `"distilled"`, to
            `EvaluationResult`.
        path: path of the page, ending in `.html`; its directory is created if
            missing. The Markdown version ends in `.md`; its pictures lie in a
            directory next to it that ends in `_files`. All are replaced.
        sets: optional mapping from some of the names to the evaluated
            `DistilledDataset`, whose images are shown.
        seconds: optional mapping from some of the names to the time that
            making the set took.
        experts: optional `ExpertTrajectories`. Features are shown if `sets`,
            `experts` and `data` are given.
        data: optional real training data: `TrainingData`, `ImageDataset`
            (its training part), a pair `(x, y)` of arrays, or batches. They
            also add the compression ratio to the tables.
        title: string, title of the page. Defaults to
            `"Dataset distillation"`.

    Raises:
        TypeError: if `results` holds something else than results, or `data`
            is not a supported source of labelled images.
        ValueError: if there is no result, a name has no result, or `path`
            does not end in `.html`.
        ImportError: if jinja2, matplotlib or scikit-learn is not installed.
        OSError: if the files cannot be written.

    Example:

    ```python
    result = keras_tgdd.evaluate(distilled, (x_test, y_test))
    keras_tgdd.report(
        {"distilled": result}, "report.html", sets={"distilled": distilled}
    )
    ```

    References:
        - [TGDD](https://arxiv.org/abs/2512.02469): the view of features
    """
    sets, seconds = dict(sets or {}), dict(seconds or {})
    path = pathlib.Path(path)
    _check(results, path, sets, seconds)
    known = None if data is None else as_training_data(data)
    # A missing package is noticed before the figures are drawn.
    environment = page_environment()
    content = {
        "title": title,
        "tables": _tables(results, sets, seconds, known),
        "figures": list(_figures(results, sets, seconds, experts, known)),
        "made": {
            name: distilled.info
            for name, distilled in sets.items()
            if distilled.info
        },
        "versions": (
            f"keras_tgdd {importlib.metadata.version('keras-tgdd')}, "
            f"Keras {keras.__version__} on {keras.backend.backend()}"
        ),
    }
    write_pages(path, content, environment)


def _check(
    results: Results,
    path: pathlib.Path,
    sets: Sets,
    seconds: Mapping[str, float],
) -> None:
    if path.suffix != ".html":
        raise ValueError(
            f"`path` must end in '.html'. Received: path={str(path)!r}"
        )
    if not results:
        raise ValueError("There is nothing to report. Received: no results")
    for name, result in results.items():
        if not isinstance(result, EvaluationResult):
            raise TypeError(
                "`results` must map names to results of `evaluate`. Received: "
                f"{type(result).__name__} for {name!r}"
            )
    for argument, named in (("sets", sets), ("seconds", seconds)):
        unknown = sorted(named.keys() - results.keys())
        if unknown:
            raise ValueError(
                f"The names of `{argument}` must be names of `results`, "
                f"{sorted(results)}. Received: {unknown}"
            )


def _tables(
    results: Results,
    sets: Sets,
    seconds: Mapping[str, float],
    data: TrainingData | None,
) -> dict[str, dict[str, Any]]:
    """Returns one table per protocol and kind of labels, by fingerprint."""
    tables = {}
    for fingerprint, group in _by_protocol(results).items():
        rows = [
            {
                "name": name,
                "result": result,
                "seconds": seconds.get(name),
                "storage": (
                    None
                    if data is None or name not in sets
                    else storage(sets[name], data.x)
                ),
            }
            for name, result in group.items()
        ]
        first = next(iter(group.values()))
        tables[fingerprint] = {
            "protocol": first.protocol,
            "labels": first.labels,
            "rows": rows,
        }
    return tables


def _by_protocol(results: Results) -> dict[str, dict[str, EvaluationResult]]:
    """Groups comparable results, by fingerprint."""
    groups: dict[str, dict[str, EvaluationResult]] = {}
    for name, result in results.items():
        groups.setdefault(result.protocol_fingerprint, {})[name] = result
    return groups


def _figures(
    results: Results,
    sets: Sets,
    seconds: Mapping[str, float],
    experts: ExpertTrajectories | None,
    data: TrainingData | None,
) -> Iterator[dict[str, Any]]:
    """Yields the variables of each figure for the templates."""
    for group in _by_protocol(results).values():
        yield from _accuracy_figures(group, seconds)
    for name, distilled in sets.items():
        shown = distilled.rows(_COLUMNS)
        yield _figure(
            f"Images: {name}",
            f"{shown.shape[1]} of {distilled.images_per_class} stored images "
            f"per class; each decodes to {distilled.factor**2}.",
            grid_figure(shown, distilled.class_names),
        )
    yield from _confusion_figures(results, sets)
    if experts is None or data is None:
        return
    for name, distilled in sets.items():
        views = feature_views(distilled, data, experts)
        yield _figure(
            f"Features: {name}",
            "Dots are real images, crosses synthetic images; markers with a "
            "ring are class means. Features are projected on the two principal "
            "components of the real features, early, midway and late in the "
            "training of an expert. Mismatch is the distance of class means "
            "divided by the spread within classes, in all dimensions; 0 is a "
            "perfect match.",
            figures.features(views, distilled.class_names),
        )


def _accuracy_figures(
    group: Results, seconds: Mapping[str, float]
) -> Iterator[dict[str, Any]]:
    """Yields accuracy against size and time, for comparable results."""
    first = next(iter(group.values()))
    setting = (
        f"protocol {first.protocol['name']}, {first.protocol['epochs']} epochs"
        f"{', soft labels' if first.labels == 'soft' else ''}"
    )
    sized = {k: r for k, r in group.items() if r.images_per_class}
    if len({r.images_per_class for r in sized.values()}) > 1:
        yield _figure(
            f"Accuracy against images per class: {setting}",
            "Mean and standard deviation over fresh networks.",
            figures.accuracy_by_images(sized),
        )
    if len(group) > 1 and group.keys() & seconds.keys():
        yield _figure(
            f"Accuracy against time: {setting}",
            "Dashed lines are sets without a measured time.",
            figures.accuracy_by_time(group, seconds),
        )


def _confusion_figures(
    results: Results, sets: Sets
) -> Iterator[dict[str, Any]]:
    """Yields the confusion matrices of the shown sets, or of all results."""
    for name, result in results.items():
        if not result.confusion or (sets and name not in sets):
            continue
        names = (
            sets[name].class_names
            if name in sets
            else [str(label) for label in range(len(result.confusion))]
        )
        yield _figure(
            f"Confusion: {name}",
            "Test images per true class (row) and predicted class (column), "
            "in % of the row.",
            figures.confusion(result, names),
        )


def _figure(
    heading: str, explanation: str, figure: figures.Figure
) -> dict[str, Any]:
    """Returns the variables of one figure for the templates."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return {
        # Part of a file name: letters, digits and underscores only.
        "name": re.sub(r"\W+", "_", heading.lower(), flags=re.ASCII).strip("_"),
        "heading": heading,
        "explanation": explanation,
        "png": buffer.getvalue(),
        "width": round(96 * figure.get_figwidth()),  # CSS pixels
    }
