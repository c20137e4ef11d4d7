"""A page that shows what was measured, and how."""

import base64
import importlib.metadata
import io
import pathlib
import re
from collections.abc import Mapping

import jinja2
import keras
import numpy as np
from matplotlib.figure import Figure

from keras_tgdd.arguments import PathLike
from keras_tgdd.evaluation.reporting import figures
from keras_tgdd.evaluation.reporting.feature_view import feature_views
from keras_tgdd.evaluation.result import EvaluationResult
from keras_tgdd.evaluation.scores import storage
from keras_tgdd.storage.atomic_write import atomic_write
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.synthetic.grid import grid_figure
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories

# Images of each class that are shown.
_COLUMNS = 20


def report(
    results: Mapping[str, EvaluationResult],
    path: PathLike,
    sets: Mapping[str, DistilledDataset] | None = None,
    seconds: Mapping[str, float] | None = None,
    experts: ExpertTrajectories | None = None,
    data: tuple[np.ndarray, np.ndarray] | None = None,
    title: str = "Dataset distillation",
) -> None:
    """Writes results as a self-contained HTML page and its Markdown twin.

    One table for each protocol and kind of labels, since figures of different
    ones do not compare; accuracy against images per class and against time;
    the images by class; confusion matrices; and real and synthetic features
    side by side early, midway and late in the training of an expert.

    Args:
        results: mapping from names, such as `"distilled"`, to
            `EvaluationResult`.
        path: path of the page, ending in `.html`; its directory is created
            where missing. The twin ends in `.md`; its pictures lie in a
            directory beside it that ends in `_files`. All are replaced.
        sets: optional mapping from some of the names to the
            `DistilledDataset` that was evaluated; they are shown.
        seconds: optional mapping from some of the names to the time that
            making the set took.
        experts: optional `ExpertTrajectories`; together with `data` and
            `sets` they show features.
        data: optional pair `(x, y)` of the real training data.
        title: string, of the page. Defaults to `"Dataset distillation"`.

    Raises:
        TypeError, ValueError: if there is no result, a name belongs to none,
            or `path` does not end in `.html`.
        OSError: if the files cannot be written.

    Example:

    ```python
    result = keras_tgdd.evaluate(distilled, x_test, y_test)
    keras_tgdd.report({"distilled": result}, "report.html",
                      sets={"distilled": distilled})
    ```

    References:
        - [TGDD](https://arxiv.org/abs/2512.02469): the view of features
    """
    sets, seconds = dict(sets or {}), dict(seconds or {})
    path = pathlib.Path(path)
    _check(results, path, sets, seconds)
    x = None if data is None else data[0]
    content = {
        "title": title,
        "tables": _tables(results, sets, seconds, x),
        "figures": list(_figures(results, sets, seconds, experts, data)),
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
    path.parent.mkdir(parents=True, exist_ok=True)
    environment = _environment()
    _write_markdown(path, content, environment)
    page = environment.get_template("page.html.jinja").render(content)
    with atomic_write(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _check(results, path, sets, seconds):
    if path.suffix != ".html":
        raise ValueError(
            f"`path` must end in '.html'. Received: path={str(path)!r}"
        )
    if not results:
        raise ValueError("There is nothing to report. Received: no results")
    for name, result in results.items():
        if not isinstance(result, EvaluationResult):
            raise TypeError(
                "`results` must map names to what `evaluate` returned. "
                f"Received: {type(result).__name__} for {name!r}"
            )
    for argument, named in (("sets", sets), ("seconds", seconds)):
        unknown = sorted(named.keys() - results.keys())
        if unknown:
            raise ValueError(
                f"`{argument}` must be named as `results` are, "
                f"{sorted(results)}. Received: {unknown}"
            )


def _tables(results, sets, seconds, x):
    """One table for each protocol and kind of labels, in the order of the
    results."""
    tables = {}
    for fingerprint, group in _by_protocol(results).items():
        rows = [
            {
                "name": name,
                "result": result,
                "seconds": seconds.get(name),
                "storage": (
                    storage(sets[name], x)
                    if name in sets and x is not None
                    else None
                ),
            }
            for name, result in group.items()
        ]
        tables[fingerprint] = {
            "protocol": rows[0]["result"].protocol,
            "labels": rows[0]["result"].labels,
            "rows": rows,
        }
    return tables


def _by_protocol(results):
    """Results that compare, by the fingerprint of protocol and kind of
    labels."""
    groups = {}
    for name, result in results.items():
        groups.setdefault(result.protocol_fingerprint, {})[name] = result
    return groups


def _figures(results, sets, seconds, experts, data):
    """Yields what the templates need of each figure."""
    for group in _by_protocol(results).values():
        # Figures of different protocols do not compare, nor of other labels.
        first = next(iter(group.values()))
        of = f"protocol {first.protocol['name']}, "
        of += f"{first.protocol['epochs']} epochs"
        of += ", soft labels" if first.labels == "soft" else ""
        sized = {k: r for k, r in group.items() if r.images_per_class}
        if len({r.images_per_class for r in sized.values()}) > 1:
            yield _figure(
                f"Accuracy against images per class: {of}",
                "Mean and standard deviation over fresh networks.",
                figures.accuracy_by_images(sized),
            )
        if len(group) > 1 and group.keys() & seconds.keys():
            yield _figure(
                f"Accuracy against time: {of}",
                "Dashed lines are sets whose making was not timed.",
                figures.accuracy_by_time(group, seconds),
            )
    for name, distilled in sets.items():
        shown = distilled.rows(_COLUMNS)
        yield _figure(
            f"Images: {name}",
            f"{shown.shape[1]} of {distilled.images_per_class} images of each "
            f"class, as stored; each decodes to {distilled.factor**2}.",
            grid_figure(shown, distilled.class_names),
        )
    for name, result in results.items():
        if result.confusion and (name in sets or not sets):
            names = (
                sets[name].class_names
                if name in sets
                else [str(label) for label in range(len(result.confusion))]
            )
            yield _figure(
                f"Confusion: {name}",
                "Test images of a class (row) taken for each class (column), "
                "in % of the row.",
                figures.confusion(result, names),
            )
    if experts is None or data is None:
        return
    for name, distilled in sets.items():
        views = feature_views(experts, distilled, *data)
        yield _figure(
            f"Features: {name}",
            "Dots are real images, crosses synthetic ones; ringed are the "
            "means of a class. Seen along the two principal components of the "
            "real features, early, midway and late in the training of an "
            "expert. Mismatch is the distance of the class means over the "
            "spread within classes, in all dimensions: 0 is a perfect match.",
            figures.features(views, distilled.class_names),
        )


def _figure(heading: str, explanation: str, figure: Figure) -> dict:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return {
        # A name of a file: letters, digits and underscores alone.
        "name": re.sub(r"\W+", "_", heading.lower(), flags=re.ASCII).strip("_"),
        "heading": heading,
        "explanation": explanation,
        "png": buffer.getvalue(),
        "width": round(96 * figure.get_figwidth()),  # pixels of CSS
    }


def _write_markdown(path, content, environment):
    directory = path.with_name(f"{path.stem}_files")
    directory.mkdir(exist_ok=True)
    for former in directory.glob("[0-9][0-9]_*.png"):
        former.unlink()
    for number, figure in enumerate(content["figures"], 1):
        picture = directory / f"{number:02d}_{figure['name']}.png"
        with atomic_write(picture) as temporary:
            temporary.write_bytes(figure["png"])
        figure["file"] = f"{directory.name}/{picture.name}"
    text = environment.get_template("page.md.jinja").render(content)
    with atomic_write(path.with_suffix(".md")) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _environment():
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(
            "keras_tgdd.evaluation.reporting", "templates"
        ),
        autoescape=jinja2.select_autoescape(["html.jinja"]),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["base64"] = lambda raw: base64.b64encode(raw).decode()
    environment.filters["percent"] = lambda value: f"{100 * value:.1f}"
    environment.filters["cell"] = _cell
    return environment


def _cell(text):
    """Text that Markdown takes for nothing else, in a cell or elsewhere."""
    text = re.sub(r"\s+", " ", str(text))
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", text)
