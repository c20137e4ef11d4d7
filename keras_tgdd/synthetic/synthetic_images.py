"""Pixels as the parameters of a distilled set."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.arguments import Shape
from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.arguments import check_seed
from keras_tgdd.arguments import to_unit_range
from keras_tgdd.runtime.fingerprint import digest
from keras_tgdd.synthetic.multi_formation import MultiFormation
from keras_tgdd.synthetic.parameterization import Parameterization
from keras_tgdd.synthetic.pixel_range import PixelRange
from keras_tgdd.synthetic.sort_by_class import sort_by_class

MODES = ("mosaic", "random", "noise")


@keras.saving.register_keras_serializable(package="keras_tgdd")
class SyntheticImages(Parameterization):
    """Synthetic images of every class, as one trainable weight of pixels.

    The weight `images` has shape
    `(n_classes, images_per_class, height, width, channels)`; its values are
    pixels in [0, 1] and are clipped to that range after each optimizer step.
    It stays float32 under mixed precision. Calling the layer decodes the
    images: each is a `factor` x `factor` mosaic (see `MultiFormation`).

    Where classes have different numbers of images the weight has as many
    places per class as the largest class needs. Places past the number of a
    class stay at 0.5, are never decoded and are left out of the distilled set.

    Args:
        num_classes: positive int, number of classes.
        images_per_class: positive int, images stored per class; or a sequence
            or mapping from labels, one number per class.
        image_shape: triple of ints, `(height, width, channels)`.
        factor: positive int, tiles along each side of a stored image.
            Defaults to `2`.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        selection: optional int tensor of shape `(n_classes, n_selected)`,
            the decoded images of each class to return. `None` returns all
            `images_per_class * factor**2`; smaller classes repeat their
            images cyclically.

    Returns:
        A float32 tensor of shape `(n_classes, n, height, width, channels)`.

    Raises:
        ValueError: if a number is not a positive integer, `image_shape` is
            not a triple, or `factor` is larger than a side.

    Example:

    ```python
    synthetic = keras_tgdd.layers.SyntheticImages(10, 1, (28, 28, 1))
    synthetic.adapt(x_train, y_train, mode="mosaic", seed=0)
    decoded = synthetic()  # (10, 4, 28, 28, 1)
    ```
    """

    def __init__(
        self,
        num_classes: int,
        images_per_class: ImagesPerClass,
        image_shape: tuple[int, ...],
        factor: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_classes, images_per_class, image_shape, **kwargs)
        self.decoder = MultiFormation(factor)
        cycle = np.arange(self.decoded_per_class) % self.decoded_counts[:, None]
        self._all = ops.convert_to_tensor(cycle, "int32")
        self.build()

    def build(self, input_shape: Shape | None = None) -> None:
        shape = (self.num_classes, self._most, *self.image_shape)
        self.decoder.build(shape)
        self.images = self.add_weight(
            shape=shape,
            initializer=keras.initializers.Constant(0.5),
            dtype="float32",
            autocast=False,
            constraint=PixelRange(0.0, 1.0),
            name="images",
        )
        self.built = True

    @property
    def factor(self) -> int:
        """Tiles along each side of a stored image."""
        return self.decoder.factor

    @property
    def decoded_counts(self) -> np.ndarray:
        return self.counts * self.factor**2

    @property
    def decoding(self) -> dict[str, Any]:
        return {"factor": self.factor}

    @property
    def state(self) -> dict[str, keras.Variable]:
        return {"images": self.images}

    def describe_start(self) -> dict[str, Any]:
        pixels = ops.convert_to_numpy(self.images.value)
        return {"factor": self.factor, "start": digest(pixels)}

    def stored_images(self) -> np.ndarray:
        return ops.convert_to_numpy(self.images.value)[self._places]

    @property
    def _places(self):
        """Which places of the weight hold an image."""
        return np.arange(self._most) < self.counts[:, None]

    def call(self, selection: Tensor | None = None) -> Tensor:
        if selection is None and not self.balanced:
            selection = self._all
        return self.decoder(ops.convert_to_tensor(self.images), selection)

    def adapt(
        self,
        x: np.ndarray | None = None,
        y: np.ndarray | None = None,
        mode: str = "mosaic",
        seed: int = 0,
    ) -> None:
        """Sets the starting pixels from real images or from noise.

        Args:
            x: array of shape `(n, height, width, channels)`, uint8 in 0–255
                or float in [0, 1]. Not needed for `"noise"`.
            y: int array of shape `(n,)`, labels in `[0, num_classes)`.
            mode: `"mosaic"` fills each tile with a different real image of
                the class, down-sampled with an anti-aliasing filter;
                `"random"` takes whole real images; `"noise"` is uniform in
                [0, 1]. Images are drawn without replacement unless the class
                has fewer than needed. Defaults to `"mosaic"`.
            seed: int, seed of the draw. Defaults to `0`.

        Raises:
            TypeError, ValueError: if `mode` is unknown, or images and labels
                do not fit this layer.
        """
        if mode not in MODES:
            raise ValueError(
                f"`mode` must be one of {MODES}. Received: mode={mode!r}"
            )
        check_seed(seed)
        generator = np.random.default_rng(seed)
        if mode == "noise":
            self.images.assign(
                generator.random(tuple(self.images.shape), dtype="float32")
            )
            return
        check_images(x, image_shape=self.image_shape)
        assert x is not None and y is not None  # refused above, for the types
        check_labels(y, len(x), num_classes=self.num_classes)
        tiles = self.factor**2 if mode == "mosaic" else 1
        index = np.concatenate(
            [
                _draw(generator, np.flatnonzero(y == label), tiles * count)
                for label, count in enumerate(self.counts)
            ]
        )
        images = to_unit_range(x[index])
        self._fill(self._assemble(images) if tiles > 1 else images)

    @classmethod
    def from_images(
        cls,
        images: np.ndarray,
        labels: np.ndarray | None = None,
        factor: int = 1,
        **kwargs: Any,
    ) -> "SyntheticImages":
        """Returns a layer that starts from given stored images.

        Args:
            images: float array of shape
                `(n_classes, images_per_class, height, width, channels)`,
                pixels in [0, 1]; or, with `labels`,
                `(n, height, width, channels)`. Such as the `images` of a
                `DistilledDataset`: one distilled before, or real images that
                `keras_tgdd.evaluation.select_images` chose.
            labels: int array of shape `(n,)`, or `None`.
            factor: positive int, tiles along each side of an image. Defaults
                to `1`.
            **kwargs: arguments of `keras.layers.Layer`.

        Returns:
            `SyntheticImages` with these images, classes and numbers.

        Raises:
            TypeError, ValueError: if they are not images, or labels do not
                fit.

        Example:

        ```python
        start = keras_tgdd.evaluation.select_images(
            (x, y), 10, "k_means", features=experts.features(x), factor=2
        )
        synthetic = keras_tgdd.layers.SyntheticImages.from_images(
            start.images, factor=2
        )
        ```
        """
        images, labels, _ = sort_by_class(images, labels)
        shape = images.shape[-3:]
        counts = np.bincount(labels.ravel()).tolist()
        layer = cls(len(counts), counts, shape, factor, **kwargs)
        layer._fill(images.reshape((-1, *shape)))
        return layer

    def _fill(self, images):
        """Assigns images that are ordered by class."""
        filled = np.full(tuple(self.images.shape), 0.5, "float32")
        filled[self._places] = images
        self.images.assign(filled)

    def _assemble(self, images):
        """Makes mosaics of `factor**2` consecutive images each."""
        height, width, channels = self.image_shape
        tile_height, tile_width = self.decoder.tile_size((height, width))
        small = ops.image.resize(
            images,
            (tile_height, tile_width),
            interpolation="bilinear",
            antialias=True,
            data_format="channels_last",
        )
        small = np.reshape(
            ops.convert_to_numpy(small),
            (-1, self.factor, self.factor, tile_height, tile_width, channels),
        )
        canvas = np.reshape(
            np.transpose(small, (0, 1, 3, 2, 4, 5)),
            (-1, self.factor * tile_height, self.factor * tile_width, channels),
        )
        return np.clip(canvas[:, :height, :width], 0.0, 1.0)

    def compute_output_shape(
        self, selection_shape: Shape | None = None
    ) -> Shape:
        count = (
            self.decoded_per_class
            if selection_shape is None
            else selection_shape[1]
        )
        return (self.num_classes, count, *self.image_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


def _draw(generator, members, needed):
    """Draws the real images that fill the stored images of one class."""
    return generator.choice(members, needed, replace=len(members) < needed)
