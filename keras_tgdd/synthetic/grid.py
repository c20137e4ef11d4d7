"""Drawing images in a grid, one row per class."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.runtime.optional import require
from keras_tgdd.storage.atomic_write import atomic_write

_INCHES = 0.55


def draw_grid(
    filepath: PathLike, images: np.ndarray, class_names: Sequence[str]
) -> None:
    """Writes a PNG with one row of images per class, beside the class name.

    Args:
        filepath: path of the PNG; replaced once the new one is complete.
        images: as for `grid_figure`.
        class_names: sequence of strings.

    Raises:
        ImportError: if matplotlib is not installed.
    """
    figure = grid_figure(images, class_names)
    with atomic_write(filepath) as temporary:
        figure.savefig(
            temporary, format="png", bbox_inches="tight", pad_inches=0.05
        )


def grid_figure(images: np.ndarray, class_names: Sequence[str]) -> Any:
    """Draws one row of images per class, beside the class name.

    Args:
        images: float array of shape
            `(n_classes, n, height, width, channels)`, in [0, 1]. Three
            channels are drawn as red, green and blue; any other number is
            drawn as its mean, in grey.
        class_names: sequence of strings.

    Returns:
        `matplotlib.figure.Figure`.

    Raises:
        ImportError: if matplotlib is not installed.
    """
    matplotlib = require("matplotlib.figure", "images", "Drawing a grid")
    if images.shape[-1] not in (1, 3):
        images = images.mean(axis=-1, keepdims=True)
    num_classes, columns, height, width, channels = images.shape
    # Large enough to tell the tiles of a mosaic apart.
    inches = max(_INCHES, height / 100.0)
    figure = matplotlib.Figure(
        figsize=(1.3 + columns * inches, max(1.0, num_classes * inches)),
        dpi=150,
        layout="constrained",
    )
    figure.get_layout_engine().set(h_pad=0.01, w_pad=0.02, hspace=0.0)
    axes = figure.subplots(num_classes, 1, squeeze=False)[:, 0]
    for row, name, axis in zip(images, class_names, axes, strict=True):
        padded = np.pad(
            row, ((0, 0), (0, 0), (0, 1), (0, 0)), constant_values=1.0
        )
        strip = padded.transpose(1, 0, 2, 3).reshape(height, -1, channels)
        axis.imshow(
            strip[:, :-1] if channels != 1 else strip[:, :-1, 0],
            cmap="gray",
            vmin=0.0,
            vmax=1.0,
            interpolation="nearest",
        )
        axis.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
        axis.set_xticks([])
        axis.set_yticks([])
        axis.spines[:].set_visible(False)
    return figure
