"""The result of a distillation: images, labels and how to use them."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from keras_tgdd.annotations import PathLike
from keras_tgdd.checks import check_images
from keras_tgdd.checks import to_unit_range
from keras_tgdd.datasets.conversions import to_tf_dataset
from keras_tgdd.datasets.conversions import to_torch_dataset
from keras_tgdd.datasets.foreign_formats import ForeignFormats
from keras_tgdd.datasets.image_files import write_images
from keras_tgdd.layers.multi_formation import MultiFormation
from keras_tgdd.storage.tensor_files import open_tensors
from keras_tgdd.storage.tensor_files import write_tensors

_FORMAT = "keras_tgdd.distilled"


class DistilledDataset(ForeignFormats):
    """A distilled set that carries its own preprocessing.

    Args:
        images: float array of shape
            `(n_classes, images_per_class, height, width, channels)`, pixels
            in [0, 1].
        class_names: sequence of strings, one a class. `None` numbers them.
        factor: positive int; each stored image is a `factor` x `factor`
            mosaic (see `layers.MultiFormation`). Defaults to `1`.
        mean: floats of shape `(channels,)`, in [0, 1] units: networks are fed
            `(image - mean) / std`. Defaults to `0.0`.
        std: as `mean`. Defaults to `1.0`.
        info: optional JSON-compatible dict, how it was made.

    Attributes:
        images: float32 array of shape
            `(n_classes, images_per_class, height, width, channels)`.
        labels: int64 array of shape `(n_classes, images_per_class)`.

    Raises:
        TypeError, ValueError: if images, names or factor do not fit.

    Example:

    ```python
    distilled = keras_tgdd.DistilledDataset.load("distilled.safetensors")
    x, y = distilled.to_numpy()
    network.fit(distilled.preprocess(x), y, epochs=300)
    ```
    """

    def __init__(
        self,
        images: np.ndarray,
        class_names: Sequence[str] | None = None,
        factor: int = 1,
        mean: ArrayLike = 0.0,
        std: ArrayLike = 1.0,
        info: dict | None = None,
    ) -> None:
        if not isinstance(images, np.ndarray) or images.ndim != 5:
            raise ValueError(
                "`images` must be an array of shape (n_classes, "
                "images_per_class, height, width, channels). Received: "
                f"shape={getattr(images, 'shape', None)}"
            )
        flat = images.reshape((-1, *images.shape[2:]))
        check_images(flat, name="images")
        MultiFormation(factor).build(images.shape)
        num_classes, channels = images.shape[0], images.shape[-1]
        names = [str(n) for n in class_names or range(num_classes)]
        if len(names) != num_classes:
            raise ValueError(
                f"`class_names` must have one name a class, {num_classes}. "
                f"Received: {len(names)} names"
            )
        self.images = images.astype("float32")
        self.labels = np.repeat(
            np.arange(num_classes)[:, None], images.shape[1], axis=1
        )
        self.class_names = tuple(names)
        self.factor = factor
        self.mean = np.broadcast_to(np.float32(mean), (channels,)).copy()
        self.std = np.broadcast_to(np.float32(std), (channels,)).copy()
        self.info = dict(info or {})

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.images.shape[0]

    @property
    def images_per_class(self) -> int:
        """Stored images of each class."""
        return self.images.shape[1]

    @property
    def image_shape(self) -> tuple[int, ...]:
        """`(height, width, channels)` of an image."""
        return self.images.shape[2:]

    def to_numpy(self) -> tuple[np.ndarray, np.ndarray]:
        """Decodes the set to the images that networks train on.

        Returns:
            Images, float32 of shape
            `(n_classes * images_per_class * factor**2, height, width,
            channels)` with pixels in [0, 1], and int64 labels. Ordered by
            class, image, tile.
        """
        decoded = MultiFormation(self.factor)(self.images)
        x = ops.convert_to_numpy(decoded).reshape((-1, *self.image_shape))
        return x, np.repeat(self.labels.ravel(), self.factor**2)

    def preprocess(self, x: np.ndarray) -> np.ndarray:
        """Normalizes images as networks that train on this set need them.

        For the set's own images and for test images alike.

        Args:
            x: array of shape `(n, height, width, channels)`, uint8 in 0–255
                or float in [0, 1].

        Returns:
            float32 array of that shape, `(x - mean) / std`.

        Raises:
            TypeError, ValueError: if `x` is not images of the set's shape.
        """
        check_images(x, self.image_shape)
        return (to_unit_range(x) - self.mean) / self.std

    def to_tf(self, batch_size: int | None = None) -> Any:
        """Returns the set as a `tf.data.Dataset`, ready to train on.

        Args:
            batch_size: optional int; `None` yields one image at a time.

        Returns:
            `tf.data.Dataset` of pairs of a preprocessed float32 image
            `(height, width, channels)` and an int64 label, with an axis of
            the batch first where one is asked for. In the order of
            `to_numpy`; shuffle it.

        Raises:
            ImportError: if tensorflow is not installed.
        """
        return to_tf_dataset(*self._ready(), batch_size)

    def to_torch(self) -> Any:
        """Returns the set as a `torch.utils.data.TensorDataset`, ready to
        train on.

        Returns:
            `TensorDataset` of preprocessed float32 images, **channels
            first**, `(channels, height, width)`, and int64 labels. In the
            order of `to_numpy`; shuffle it. Test images become fit for the
            same network by `preprocess(x).transpose(0, 3, 1, 2)`.

        Raises:
            ImportError: if torch is not installed.
        """
        return to_torch_dataset(*self._ready())

    def _ready(self):
        x, y = self.to_numpy()
        return self.preprocess(x), y

    def save_images(self, directory: PathLike) -> None:
        """Writes each stored image as a PNG, in a folder for each class.

        Folders are numbered and named after the classes, `03_dress`; what is
        no letter, digit, dash or dot becomes an underscore. Pixels are
        rounded to bytes. Images of another number of channels than 1 or 3
        are no pictures, and refused.

        Args:
            directory: path, created where missing. Files of these names in it
                are replaced.

        Raises:
            ValueError: if the images have neither 1 nor 3 channels.
            OSError: if it cannot be written.
        """
        write_images(directory, self.images, self.class_names)

    def save(self, filepath: PathLike) -> None:
        """Writes one safetensors file.

        Args:
            filepath: path. An existing file is replaced once the new one is
                complete.

        Raises:
            OSError: if it cannot be written.
        """
        metadata = {
            "format": _FORMAT,
            "class_names": json.dumps(self.class_names),
            "factor": str(self.factor),
            "info": json.dumps(self.info),
        }
        tensors = {
            "images": self.images,
            "labels": self.labels,
            "mean": self.mean,
            "std": self.std,
        }
        write_tensors(filepath, tensors, metadata)

    @classmethod
    def load(cls, filepath: PathLike) -> "DistilledDataset":
        """Reads a file that `save` wrote, under any backend.

        Args:
            filepath: path.

        Returns:
            `DistilledDataset`.

        Raises:
            FileNotFoundError: if there is no such file.
            ValueError: if it is damaged or another kind of file.
        """
        tensors, metadata = open_tensors(filepath, _FORMAT)
        return cls(
            images=tensors.get_tensor("images"),
            class_names=json.loads(metadata["class_names"]),
            factor=int(metadata["factor"]),
            mean=tensors.get_tensor("mean"),
            std=tensors.get_tensor("std"),
            info=json.loads(metadata["info"]),
        )

    def to_grid(self, filepath: PathLike, max_columns: int = 20) -> None:
        """Draws the stored images as a PNG with one row a class.

        Args:
            filepath: path of the PNG.
            max_columns: int, the most images of each class that are drawn.
                Defaults to `20`.

        Raises:
            OSError: if it cannot be written.
        """
        from keras_tgdd.datasets.grid import draw_grid

        draw_grid(filepath, self.images[:, :max_columns], self.class_names)

    def __repr__(self):
        return (
            f"DistilledDataset({self.num_classes} classes, "
            f"{self.images_per_class} images per class, image_shape="
            f"{self.image_shape}, factor={self.factor})"
        )
