"""Differentiable augmentation with draws that several images share."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import Shape
from keras_tgdd.arguments import Tensor
from keras_tgdd.layers import warping

STRATEGIES = ("flip", "color", "crop", "scale", "rotate", "cutout")


@keras.saving.register_keras_serializable(package="keras_tgdd")
class SiameseAugmentation(keras.layers.Layer):
    """Applies one random draw of augmentations to a whole group of images.

    In dataset distillation the real and the synthetic images of a class share
    a draw, so that augmentation adds no distance between their features. The
    draw is data: `draw()` makes it from a NumPy generator and the layer only
    applies it, so the same draw gives the same images on every backend, and
    gradients flow from output to input.

    Images are expected *normalized*: zero, which fills what crops, rotations
    and cutouts uncover, is then the mean of the data set.

    The operations, in the order of `strategies`:

    - `"flip"`: mirrors left and right with probability ½.
    - `"color"`: adds `U(-½, ½) * brightness`; then scales the distance from
      the mean over channels by `U(0, saturation)`; then the distance from the
      mean of the image by `U(1 - contrast, 1 + contrast)`.
    - `"crop"`: shifts by a whole number of pixels, at most `crop` of a side.
    - `"scale"`: zooms each axis by a factor `U(1 / scale, scale)`.
    - `"rotate"`: rotates about the centre by `U(-rotate, rotate)` degrees.
    - `"cutout"`: zeroes a box with sides `cutout` of the image's, its centre
      drawn anywhere in the image.

    A nested tuple stands for *one of* its operations, the same for all groups
    of a draw; operations not chosen get parameters that change nothing.

    Args:
        strategies: tuple of operation names, or of tuples of names. Defaults
            to `("color", "crop", "cutout")`.
        brightness: float, width of the brightness interval, in normalized
            units. Defaults to `1.0`.
        saturation: float, largest saturation factor. Defaults to `2.0`.
        contrast: float in [0, 1]. Defaults to `0.5`.
        crop: float in [0, 1), largest shift as a fraction of a side.
            Defaults to `0.125`.
        scale: float of at least 1, largest zoom. Defaults to `1.2`.
        rotate: float, largest rotation, in degrees. Defaults to `15.0`.
        cutout: float in [0, 1], side of the box as a fraction of the image's.
            Defaults to `0.5`.
        **kwargs: arguments of `keras.layers.Layer`. The dtype is float32
            unless given: in bfloat16 pixels would lose their last bits.

    Call arguments:
        images: float tensor of shape `(n_groups, n, height, width, channels)`
            whose images share the draw of their group, or of shape
            `(n_groups, height, width, channels)` for a draw per image.
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
        self.strategies = _as_tuples(strategies)
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
            name
            for entry in self.strategies
            for name in ((entry,) if isinstance(entry, str) else entry)
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
            num_groups: int, how many draws to make.
            image_size: pair of ints, `(height, width)` in pixels.

        Returns:
            A dict of float32 arrays whose first axis has length `num_groups`.
        """
        parameters = {}
        for entry in self.strategies:
            names = (entry,) if isinstance(entry, str) else entry
            chosen = names[generator.integers(len(names))]
            for name in names:
                drawn = getattr(self, f"_draw_{name}")(
                    generator, num_groups, np.asarray(image_size)
                )
                if name != chosen:
                    drawn = {
                        key: np.broadcast_to(_IDENTITY[key], value.shape)
                        for key, value in drawn.items()
                    }
                parameters.update(drawn)
        return {
            key: np.ascontiguousarray(value, dtype="float32")
            for key, value in parameters.items()
        }

    def _draw_flip(self, generator, count, size):
        return {"flip": generator.integers(0, 2, count)}

    def _draw_color(self, generator, count, size):
        return {
            "brightness": (generator.random(count) - 0.5) * self.brightness,
            "saturation": generator.random(count) * self.saturation,
            "contrast": 1.0
            + (2.0 * generator.random(count) - 1.0) * self.contrast,
        }

    def _draw_crop(self, generator, count, size):
        largest = np.floor(size * self.crop + 0.5).astype(int)
        return {
            "crop": generator.integers(-largest, largest + 1, (count, 2)),
        }

    def _draw_scale(self, generator, count, size):
        low = 1.0 / self.scale
        return {
            "scale": low + (self.scale - low) * generator.random((count, 2))
        }

    def _draw_rotate(self, generator, count, size):
        angle = (2.0 * generator.random(count) - 1.0) * self.rotate
        return {"rotate": np.deg2rad(angle)}

    def _draw_cutout(self, generator, count, size):
        side = self._cutout_side(size)
        centre = generator.integers(0, size + 1 - side % 2, (count, 2))
        return {"cutout": centre - side // 2}

    def _cutout_side(self, size):
        return np.floor(np.asarray(size) * self.cutout + 0.5).astype(int)

    def call(self, images: Tensor, draw: dict[str, Tensor]) -> Tensor:
        if len(images.shape) == 4:
            return ops.squeeze(self.call(images[:, None], draw), 1)
        for name in self.operations:
            images = getattr(self, f"_apply_{name}")(images, draw)
        return images

    def _apply_flip(self, images, draw):
        flip = warping.per_group(draw["flip"])
        mirrored = ops.flip(images, axis=-2)
        return images + flip * (mirrored - images)

    def _apply_color(self, images, draw):
        images = images + warping.per_group(draw["brightness"])
        grey = ops.mean(images, axis=-1, keepdims=True)
        images = grey + (images - grey) * warping.per_group(draw["saturation"])
        mean = ops.mean(images, axis=(2, 3, 4), keepdims=True)
        return mean + (images - mean) * warping.per_group(draw["contrast"])

    def _apply_crop(self, images, draw):
        return warping.resample(
            images,
            warping.shift_matrix(draw["crop"][:, 0], images.shape[2]),
            warping.shift_matrix(draw["crop"][:, 1], images.shape[3]),
        )

    def _apply_scale(self, images, draw):
        return warping.resample(
            images,
            warping.zoom_matrix(draw["scale"][:, 0], images.shape[2]),
            warping.zoom_matrix(draw["scale"][:, 1], images.shape[3]),
        )

    def _apply_rotate(self, images, draw):
        return warping.rotate(images, draw["rotate"])

    def _apply_cutout(self, images, draw):
        height, width = self._cutout_side(images.shape[2:4])
        rows = warping.interval(draw["cutout"][:, 0], height, images.shape[2])
        cols = warping.interval(draw["cutout"][:, 1], width, images.shape[3])
        keep = 1.0 - rows[:, :, None] * cols[:, None, :]
        return images * keep[:, None, :, :, None]

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


# Parameters that leave an image as it is. The cutout box lies far outside.
_IDENTITY = {
    "flip": 0.0,
    "brightness": 0.0,
    "saturation": 1.0,
    "contrast": 1.0,
    "crop": 0.0,
    "scale": 1.0,
    "rotate": 0.0,
    "cutout": -1e6,
}


def _as_tuples(strategies):
    """Checks the strategies; lists (from JSON) become tuples."""
    if isinstance(strategies, str):
        strategies = (strategies,)
    entries = tuple(
        entry if isinstance(entry, str) else tuple(entry)
        for entry in strategies
    )
    names = [
        name
        for entry in entries
        for name in ((entry,) if isinstance(entry, str) else entry)
    ]
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
