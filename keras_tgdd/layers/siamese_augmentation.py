"""Differentiable augmentation with one draw for a group of images."""

from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import Shape
from keras_tgdd.arguments import Tensor
from keras_tgdd.layers import warping


@keras.saving.register_keras_serializable(package="keras_tgdd")
class SiameseAugmentation(keras.layers.Layer):
    """Applies one random draw of augmentations to a whole group of images.

    In dataset distillation the real and the synthetic images of a class share
    a draw, so that augmentation adds no distance between their features. The
    draw is data: `draw()` makes it with a NumPy generator, and the layer only
    applies it. The same draw gives the same images on every backend, and
    gradients flow from output to input.

    Images must be *normalized*. Zero then is the mean of the data set, and it
    fills the pixels that crops, rotations and cutouts uncover.

    The operations, applied in the order of `strategies`:

    - `"flip"`: mirrors left and right with probability ½.
    - `"color"`: adds `U(-½, ½) * brightness`; then scales the distance from
      the mean over channels by `U(0, saturation)`; then the distance from the
      mean of the image by `U(1 - contrast, 1 + contrast)`.
    - `"crop"`: shifts by a whole number of pixels, at most `crop` of a side.
    - `"scale"`: zooms each axis by a factor `U(1 / scale, scale)`.
    - `"rotate"`: rotates about the centre by `U(-rotate, rotate)` degrees.
    - `"cutout"`: sets a box to zero, with sides `cutout` times the image's and
      its centre anywhere in the image.

    A nested tuple means *one of* its operations. Each draw chooses one for all
    groups; the other operations get parameters that change nothing.

    Args:
        strategies: tuple of operation names, or of tuples of names. Defaults
            to `("color", "crop", "cutout")`.
        brightness: float of at least 0, width of the brightness interval, in
            normalized units. Defaults to `1.0`.
        saturation: float of at least 0, largest saturation factor. Defaults
            to `2.0`.
        contrast: float in [0, 1]. Defaults to `0.5`.
        crop: float in [0, 1), largest shift as a fraction of a side.
            Defaults to `0.125`.
        scale: float of at least 1, largest zoom. Defaults to `1.2`.
        rotate: float in [0, 360], largest rotation, in degrees. Defaults to
            `15.0`.
        cutout: float in [0, 1], side of the box as a fraction of the image's.
            Defaults to `0.5`.
        **kwargs: arguments of `keras.layers.Layer`. The dtype defaults to
            float32, whatever the global policy is: bfloat16 would round
            pixels.

    Call arguments:
        images: float tensor of shape `(n_groups, n, height, width, channels)`
            for one draw per group, or of shape
            `(n_groups, height, width, channels)` for one draw per image.
        draw: the dict of arrays that `draw()` returned for `n_groups`.

    Returns:
        A tensor of the shape of `images`.

    Raises:
        ValueError: if a strategy is unknown or repeated, or a strength is out
            of range.

    Example:

    ```python
    layer = keras_tgdd.layers.SiameseAugmentation(("flip", "crop"))
    draw = layer.draw(np.random.default_rng(0), 10, image_size=(32, 32))
    real, synthetic = layer(real, draw), layer(synthetic, draw)
    ```

    References:
        - [Zhao & Bilen, 2021](https://arxiv.org/abs/2102.08259)
    """

    def __init__(
        self,
        strategies: tuple = ("color", "crop", "cutout"),
        *,
        brightness: float = 1.0,
        saturation: float = 2.0,
        contrast: float = 0.5,
        crop: float = 0.125,
        scale: float = 1.2,
        rotate: float = 15.0,
        cutout: float = 0.5,
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        super().__init__(dtype=dtype, **kwargs)
        self.strategies = _checked_strategies(strategies)
        self.brightness = _in_range("brightness", brightness, 0.0, np.inf)
        self.saturation = _in_range("saturation", saturation, 0.0, np.inf)
        self.contrast = _in_range("contrast", contrast, 0.0, 1.0)
        self.crop = _in_range("crop", crop, 0.0, 0.999)
        self.scale = _in_range("scale", scale, 1.0, np.inf)
        self.rotate = _in_range("rotate", rotate, 0.0, 360.0)
        self.cutout = _in_range("cutout", cutout, 0.0, 1.0)
        self.built = True  # it has no weights

    @property
    def operations(self) -> tuple[str, ...]:
        """Names of all operations, in the order they are applied."""
        return tuple(
            name for entry in self.strategies for name in _names(entry)
        )

    def draw(
        self,
        generator: np.random.Generator,
        num_groups: int,
        image_size: tuple[int, int],
    ) -> dict[str, np.ndarray]:
        """Draws the parameters of the augmentation.

        Args:
            generator: `numpy.random.Generator`.
            num_groups: int, number of groups.
            image_size: pair of ints, `(height, width)` in pixels.

        Returns:
            A dict of float32 arrays whose first axis has length `num_groups`.
        """
        size = np.asarray(image_size)
        parameters = {}
        for entry in self.strategies:
            names = _names(entry)
            chosen = names[generator.integers(len(names))]
            for name in names:
                operation = _OPERATIONS[name]
                drawn = operation.draw(self, generator, num_groups, size)
                if name != chosen:
                    drawn = {
                        key: np.broadcast_to(
                            operation.identity[key], value.shape
                        )
                        for key, value in drawn.items()
                    }
                parameters.update(drawn)
        return {
            key: np.ascontiguousarray(value, dtype="float32")
            for key, value in parameters.items()
        }

    def call(self, images: Tensor, draw: dict[str, Tensor]) -> Tensor:
        if len(images.shape) == 4:
            return ops.squeeze(self.call(images[:, None], draw), 1)
        for name in self.operations:
            images = _OPERATIONS[name].apply(self, images, draw)
        return images

    def compute_output_shape(
        self, images_shape: Shape, draw_shape: Any = None
    ) -> Shape:
        return images_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "strategies": self.strategies,
            "brightness": self.brightness,
            "saturation": self.saturation,
            "contrast": self.contrast,
            "crop": self.crop,
            "scale": self.scale,
            "rotate": self.rotate,
            "cutout": self.cutout,
        }


# The operations, with the strengths of the layer. A draw is for `count` groups
# of images of `size`, an int array of height and width.


def _draw_flip(layer, generator, count, size):
    return {"flip": generator.integers(0, 2, count)}


def _apply_flip(layer, images, draw):
    flip = warping.per_group(draw["flip"])
    mirrored = ops.flip(images, axis=-2)
    return images + flip * (mirrored - images)


def _draw_color(layer, generator, count, size):
    return {
        "brightness": (generator.random(count) - 0.5) * layer.brightness,
        "saturation": generator.random(count) * layer.saturation,
        "contrast": 1.0
        + (2.0 * generator.random(count) - 1.0) * layer.contrast,
    }


def _apply_color(layer, images, draw):
    images = images + warping.per_group(draw["brightness"])
    grey = ops.mean(images, axis=-1, keepdims=True)
    images = grey + (images - grey) * warping.per_group(draw["saturation"])
    mean = ops.mean(images, axis=(2, 3, 4), keepdims=True)
    return mean + (images - mean) * warping.per_group(draw["contrast"])


def _draw_crop(layer, generator, count, size):
    largest = np.floor(size * layer.crop + 0.5).astype(int)
    return {"crop": generator.integers(-largest, largest + 1, (count, 2))}


def _apply_crop(layer, images, draw):
    return warping.resample(
        images,
        warping.shift_matrix(draw["crop"][:, 0], images.shape[2]),
        warping.shift_matrix(draw["crop"][:, 1], images.shape[3]),
    )


def _draw_scale(layer, generator, count, size):
    low = 1.0 / layer.scale
    return {"scale": low + (layer.scale - low) * generator.random((count, 2))}


def _apply_scale(layer, images, draw):
    return warping.resample(
        images,
        warping.zoom_matrix(draw["scale"][:, 0], images.shape[2]),
        warping.zoom_matrix(draw["scale"][:, 1], images.shape[3]),
    )


def _draw_rotate(layer, generator, count, size):
    angle = (2.0 * generator.random(count) - 1.0) * layer.rotate
    return {"rotate": np.deg2rad(angle)}


def _apply_rotate(layer, images, draw):
    return warping.rotate(images, draw["rotate"])


def _draw_cutout(layer, generator, count, size):
    side = _cutout_side(layer, size)
    centre = generator.integers(0, size + 1 - side % 2, (count, 2))
    return {"cutout": centre - side // 2}


def _apply_cutout(layer, images, draw):
    height, width = _cutout_side(layer, images.shape[2:4])
    rows = warping.interval(draw["cutout"][:, 0], height, images.shape[2])
    cols = warping.interval(draw["cutout"][:, 1], width, images.shape[3])
    keep = 1.0 - rows[:, :, None] * cols[:, None, :]
    return images * keep[:, None, :, :, None]


def _cutout_side(layer, size):
    return np.floor(np.asarray(size) * layer.cutout + 0.5).astype(int)


class _Operation(NamedTuple):
    draw: Callable[..., dict[str, np.ndarray]]
    apply: Callable[..., Tensor]
    identity: dict[str, float]  # parameters that change nothing


_OPERATIONS = {
    "flip": _Operation(_draw_flip, _apply_flip, {"flip": 0.0}),
    "color": _Operation(
        _draw_color,
        _apply_color,
        {"brightness": 0.0, "saturation": 1.0, "contrast": 1.0},
    ),
    "crop": _Operation(_draw_crop, _apply_crop, {"crop": 0.0}),
    "scale": _Operation(_draw_scale, _apply_scale, {"scale": 1.0}),
    "rotate": _Operation(_draw_rotate, _apply_rotate, {"rotate": 0.0}),
    # A box far outside of the image.
    "cutout": _Operation(_draw_cutout, _apply_cutout, {"cutout": -1e6}),
}
STRATEGIES = tuple(_OPERATIONS)


def _names(entry):
    """Returns the operations of an entry of `strategies`."""
    return (entry,) if isinstance(entry, str) else entry


def _checked_strategies(strategies):
    """Refuses unknown and repeated names. Lists, from JSON, become tuples."""
    entries = tuple(
        entry if isinstance(entry, str) else tuple(entry)
        for entry in _names(strategies)
    )
    names = [name for entry in entries for name in _names(entry)]
    if not set(names) <= set(STRATEGIES) or len(set(names)) < len(names):
        raise ValueError(
            f"`strategies` must name each of {STRATEGIES} at most once. "
            f"Received: strategies={strategies}"
        )
    return entries


def _in_range(name, value, low, high):
    if not low <= value <= high:
        raise ValueError(
            f"`{name}` must lie in [{low}, {high}]. Received: {name}={value}"
        )
    return float(value)
