"""The figures of a report."""

from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from keras_tgdd.evaluation.reporting.feature_view import FeatureView
from keras_tgdd.evaluation.result import EvaluationResult

# Beyond these a legend or the numbers in cells can no longer be read.
_MOST_IN_LEGEND = 20
_MOST_WITH_NUMBERS = 20


def accuracy_by_images(results: Mapping[str, EvaluationResult]) -> Figure:
    """Accuracy against images per class, one line a method.

    Args:
        results: mapping from names to `EvaluationResult` with
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
    sizes = sorted({result.images_per_class for result in results.values()})
    axis.set_xticks(sizes, [str(size) for size in sizes])
    axis.minorticks_off()
    axis.legend(fontsize=8)
    return figure


def _series(name, result):
    """What the results of one line have in common, in words."""
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
    """Accuracy against the time that making a set took.

    Args:
        results: mapping from names to `EvaluationResult`.
        seconds: mapping from some of these names to seconds. A set without,
            such as of real images, becomes a horizontal line.
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
    """What share of the test images of a class is taken for each class.

    Args:
        result: `EvaluationResult` with `confusion`.
        class_names: sequence of strings.
    """
    counts = np.array(result.confusion, "float64")
    shares = 100 * counts / np.maximum(1.0, counts.sum(axis=1, keepdims=True))
    side = max(3.2, min(12.0, 0.55 * len(counts) + 1.0))
    figure = Figure(figsize=(side + 0.8, side), dpi=150, layout="constrained")
    few = len(counts) <= _MOST_WITH_NUMBERS
    display = ConfusionMatrixDisplay(
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
    display.ax_.set_xlabel("taken for")
    display.ax_.set_ylabel("class")
    display.ax_.tick_params(labelsize=8)
    return figure


def features(
    views: Sequence[FeatureView], class_names: Sequence[str]
) -> Figure:
    """Real features as dots, synthetic ones as crosses, stage by stage.

    Args:
        views: sequence of `FeatureView`.
        class_names: sequence of strings.
    """
    figure = Figure(
        figsize=(4.0 * len(views), 4.6), dpi=150, layout="constrained"
    )
    axes = figure.subplots(1, len(views), squeeze=False)[0]
    many = len(class_names) > 10
    colors = colormaps["hsv" if many else "tab10"]
    for view, axis in zip(views, axes, strict=True):
        for label, name in enumerate(class_names):
            color = colors(label / len(class_names) if many else label)
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
            # Means on top, ringed, since they are what is matched.
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
            f"{view.stage}: snapshot {view.epoch}\n"
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


def _axis(x_label, y_label):
    figure = Figure(figsize=(5.6, 3.6), dpi=150, layout="constrained")
    axis = figure.subplots()
    axis.set_xlabel(x_label)
    axis.set_ylabel(y_label)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    return figure, axis
