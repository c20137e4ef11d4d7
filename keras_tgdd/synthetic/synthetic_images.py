"""The trainable pixels of a distilled set."""

from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.arguments import Shape
from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.arguments import to_unit_range
from keras_tgdd.synthetic.class_counts import class_counts
from keras_tgdd.synthetic.multi_formation import MultiFormation
from keras_tgdd.synthetic.pixel_range import PixelRange

if TYPE_CHECKING:
    from keras_tgdd.synthetic.distilled_dataset import DistilledDataset

MODES = ("mosaic", "random", "noise")


@keras.saving.register_keras_serializable(package="keras_tgdd")
class SyntheticImages(keras.layers.Layer):
    """Synthetic images of every class, as one trainable weight.

    The weight `images` has shape
    `(n_classes, images_per_class, height, width, channels)`; its values are
    pixels in [0, 1] and are clipped to that range after each optimizer step.
    It stays float32 under mixed precision. Calling the layer decodes the
    images: each is a `factor` x `factor` mosaic (see `MultiFormation`).

    Where classes have different numbers of images the weight has room for the
    most of them in each class. Places past the number of a class stay at 0.5,
    are never decoded and are left out of `distilled_dataset()`.

    Args:
        num_classes: positive int, number of classes.
        images_per_class: positive int, images stored for each class; or a
            sequence or mapping from labels, one number for each class.
        image_shape: triple of ints, `(height, width, channels)`.
        factor: positive int, tiles along each side of a stored image.
            Defaults to `2`.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        selection: optional int tensor of shape `(n_classes, n_selected)`,
            the decoded images of each class to return. `None` returns all
            `images_per_class * factor**2`; a class of fewer images than the
            largest then gives its own in turn.

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
        super().__init__(**kwargs)
        check_positive_int("num_classes", num_classes)
        image_shape = tuple(int(side) for side in image_shape)
        if len(image_shape) != 3 or min(image_shape) < 1:
            raise ValueError(
                "`image_shape` must be (height, width, channels). Received: "
                f"image_shape={image_shape}"
            )
        self.num_classes = int(num_classes)
        counts = class_counts(images_per_class, self.num_classes)
        self.counts = np.array(counts)
        # PyTorch cannot trace what is read off an array within a step.
        self._most, self._balanced = max(counts), len(set(counts)) == 1
        self.image_shape = image_shape
        self.decoder = MultiFormation(factor)
        turn = np.arange(self.decoded_per_class) % self.decoded_counts[:, None]
        self._all = ops.convert_to_tensor(turn, "int32")
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
    def images_per_class(self) -> int | tuple[int, ...]:
        """Images stored for each class: one number, or one for each class."""
        counts = self.counts.tolist()
        return counts[0] if self.balanced else tuple(counts)

    @property
    def balanced(self) -> bool:
        """Whether all classes have the same number of images."""
        return self._balanced

    @property
    def decoded_per_class(self) -> int:
        """Number of images the largest class decodes to."""
        return self._most * self.factor**2

    @property
    def decoded_counts(self) -> np.ndarray:
        """Number of images each class decodes to, ints of shape
        `(n_classes,)`."""
        return self.counts * self.factor**2

    @property
    def labels(self) -> np.ndarray:
        """Label of each stored image, ints of shape
        `(n_classes, images_per_class)`, or `(n,)` where classes differ."""
        labels = np.repeat(np.arange(self.num_classes), self.counts)
        return (
            labels.reshape((self.num_classes, -1)) if self.balanced else labels
        )

    def stored_images(self) -> np.ndarray:
        """Returns the images as they are now, without empty places.

        Returns:
            float32 array of shape `(n, height, width, channels)`, ordered by
            class.
        """
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
            ValueError: if `mode` is unknown, or images and labels do not fit
                this layer.
        """
        if mode not in MODES:
            raise ValueError(
                f"`mode` must be one of {MODES}. Received: mode={mode!r}"
            )
        check_seed(seed)
        generator = np.random.default_rng(seed)
        if mode == "noise":
            self.images.assign(
                generator.random(self.images.shape, dtype="float32")
            )
            return
        check_images(x, image_shape=self.image_shape)
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
    def from_distilled(
        cls, distilled: "DistilledDataset", **kwargs: Any
    ) -> "SyntheticImages":
        """Returns a layer that starts from the images of a set.

        Args:
            distilled: `DistilledDataset`: one distilled before, or real images
                that `keras_tgdd.evaluation.select_images` chose.
            **kwargs: arguments of `keras.layers.Layer`.

        Returns:
            `SyntheticImages` of the set's classes, numbers, shape and factor.

        Example:

        ```python
        start = keras_tgdd.evaluation.select_images(
            x, y, 10, "k_means", experts.features(x), factor=2
        )
        synthetic = keras_tgdd.layers.SyntheticImages.from_distilled(start)
        ```
        """
        image_shape = distilled.images.shape[-3:]
        counts = distilled.counts.tolist()
        layer = cls(
            len(counts), counts, image_shape, distilled.factor, **kwargs
        )
        layer._fill(np.reshape(distilled.images, (-1, *image_shape)))
        return layer

    def _fill(self, images):
        """Takes images, ordered by class, as they are stored."""
        filled = np.full(self.images.shape, 0.5, "float32")
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
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "images_per_class": (
                self.images_per_class
                if self.balanced
                else list(self.images_per_class)
            ),
            "image_shape": list(self.image_shape),
            "factor": self.factor,
        }


def _draw(generator, members, needed):
    """Draws the real images of one class that fill its stored images."""
    return generator.choice(members, needed, replace=len(members) < needed)
