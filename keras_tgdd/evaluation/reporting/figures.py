"""The figures of a report."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_tgdd.evaluation.reporting.feature_view import FeatureView
from keras_tgdd.evaluation.result import EvaluationResult
from keras_tgdd.runtime.optional import require

# matplotlib.figure.Figure; matplotlib is imported when a figure is drawn.
Figure = Any
# Larger legends, and numbers in more cells, are too small to read.
_MOST_IN_LEGEND = 20
_MOST_WITH_NUMBERS = 20
_PURPOSE = "Drawing the figures of a report"


def accuracy_by_images(results: Mapping[str, EvaluationResult]) -> Figure:
    """Draws accuracy against images per class, one line per method.

    Args:
        results: mapping from names to `EvaluationResult`, all of them with
            `images_per_class`.
    """
    figure, axis = _axis("images per class", "test accuracy in %")
    lines = {}
    for name, result in results.items():
        lines.setdefault(_series(name, result), []).append(result)
    for method, points in lines.items():
        points = sorted(points, key=lambda point: point.images_per_class)
        axis.errorbar(
            [point.images_per_class for point in points],
            [100 * point.mean for point in points],
            [100 * point.std for point in points],
            marker="o",
            capsize=3,
            label=method,
        )
    axis.set_xscale("log")
    sizes = sorted(
        {r.images_per_class for r in results.values() if r.images_per_class}
    )
    axis.set_xticks(sizes, [str(size) for size in sizes])
    axis.minorticks_off()
    axis.legend(fontsize=8)
    return figure


def _series(name, result):
    """Returns the label of the line that a result belongs to."""
    parts = [result.method or name]
    stored = (result.images_per_class or 0) * len(result.confusion)
    if stored and result.num_images > stored:
        parts.append(f"mosaics of {result.num_images // stored}")
    if result.network not in (None, "ConvNet"):
        parts.append(result.network)
    return ", ".join(parts)


def accuracy_by_time(
    results: Mapping[str, EvaluationResult], seconds: Mapping[str, float]
) -> Figure:
    """Draws accuracy against the time that making each set took.

    Args:
        results: mapping from names to `EvaluationResult`.
        seconds: mapping from some of these names to seconds. A set without an
            entry, such as a set of real images, becomes a horizontal line.
    """
    figure, axis = _axis("seconds to make the set", "test accuracy in %")
    for number, (name, result) in enumerate(results.items()):
        color = f"C{number % 10}"
        if seconds.get(name):
            axis.errorbar(
                [seconds[name]],
                [100 * result.mean],
                [100 * result.std],
                marker="o",
                capsize=3,
                color=color,
                label=name,
            )
        else:
            axis.axhline(
                100 * result.mean, linestyle="--", color=color, label=name
            )
    axis.set_xscale("log")
    axis.legend(fontsize=8)
    return figure


def confusion(result: EvaluationResult, class_names: Sequence[str]) -> Figure:
    """Draws the share of test images per class and predicted class.

    Args:
        result: `EvaluationResult` with `confusion`.
        class_names: sequence of strings, one per class.
    """
    metrics = require("sklearn.metrics", "report", _PURPOSE)
    counts = np.array(result.confusion, "float64")
    shares = 100 * counts / np.maximum(1.0, counts.sum(axis=1, keepdims=True))
    side = max(3.2, min(12.0, 0.55 * len(counts) + 1.0))
    figure = _figure(side + 0.8, side)
    few = len(counts) <= _MOST_WITH_NUMBERS
    display = metrics.ConfusionMatrixDisplay(
        shares, display_labels=class_names if few else None
    )
    display.plot(
        ax=figure.subplots(),
        cmap="Blues",
        include_values=few,
        values_format=".0f",
        xticks_rotation="vertical",
        text_kw={"fontsize": 8},
        im_kw={"vmin": 0.0, "vmax": 100.0},
    )
    display.ax_.set_xlabel("predicted class")
    display.ax_.set_ylabel("true class")
    display.ax_.tick_params(labelsize=8)
    return figure


def features(
    views: Sequence[FeatureView], class_names: Sequence[str]
) -> Figure:
    """Draws real features as dots and synthetic ones as crosses, per stage.

    Args:
        views: sequence of `FeatureView`.
        class_names: sequence of strings, one per class.
    """
    figure = _figure(4.0 * len(views), 4.6)
    axes = figure.subplots(1, len(views), squeeze=False)[0]
    colors = _class_colors(len(class_names))
    for view, axis in zip(views, axes, strict=True):
        for label, (name, color) in enumerate(zip(class_names, colors)):
            real = view.real[view.real_labels == label]
            synthetic = view.synthetic[view.synthetic_labels == label]
            axis.scatter(*real.T, s=3, color=color, alpha=0.25, linewidths=0)
            axis.scatter(
                *synthetic.T,
                s=14,
                marker="x",
                color=color,
                linewidths=0.9,
                label=name,
            )
            # Class means on top, with a ring: they are what is matched.
            for points, marker in ((real, "o"), (synthetic, "X")):
                axis.scatter(
                    *points.mean(axis=0),
                    s=60,
                    marker=marker,
                    color=color,
                    edgecolors="black",
                    linewidths=0.9,
                    zorder=3,
                )
        axis.set_title(
            f"{view.stage}: snapshot {view.snapshot}\n"
            f"mismatch {view.mismatch:.2f}",
            fontsize=9,
        )
        axis.set_xticks([])
        axis.set_yticks([])
    if len(class_names) <= _MOST_IN_LEGEND:
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="outside lower center",
            ncols=min(10, len(labels)),
            fontsize=8,
            frameon=False,
        )
    return figure


def _class_colors(num_classes):
    """Returns one colour per class."""
    colormaps = require("matplotlib", "report", _PURPOSE).colormaps
    if num_classes > 10:
        return [colormaps["hsv"](k / num_classes) for k in range(num_classes)]
    return [colormaps["tab10"](k) for k in range(num_classes)]


def _figure(width, height):
    """Returns an empty figure of this size in inches."""
    figure = require("matplotlib.figure", "report", _PURPOSE)
    return figure.Figure(figsize=(width, height), dpi=150, layout="constrained")


def _axis(x_label, y_label):
    """Returns a figure with one pair of axes, and these."""
    figure = _figure(5.6, 3.6)
    axis = figure.subplots()
    axis.set_xlabel(x_label)
    axis.set_ylabel(y_label)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    return figure, axis
