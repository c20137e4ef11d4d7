"""The result of a distillation: images, labels and how to use them."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_class_names
from keras_tgdd.arguments import check_images
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.datasets.normalization import check_normalization
from keras_tgdd.storage.tensor_file import TensorFile
from keras_tgdd.storage.tensor_file import write_tensors
from keras_tgdd.synthetic.conversions import to_tf_dataset
from keras_tgdd.synthetic.conversions import to_torch_dataset
from keras_tgdd.synthetic.grid import draw_grid
from keras_tgdd.synthetic.image_folder import write_images
from keras_tgdd.synthetic.multi_formation import MultiFormation
from keras_tgdd.synthetic.soft_labels import check_soft_labels
from keras_tgdd.synthetic.soft_labels import read_soft_labels
from keras_tgdd.synthetic.soft_labels import stored_soft_labels
from keras_tgdd.synthetic.sort_by_class import sort_by_class

_FORMAT = "keras_tgdd.distilled"


class DistilledDataset:
    """A distilled set that carries its own preprocessing.

    `keras_tgdd.synthetic.formats` writes it for other packages.

    Args:
        images: float array of shape
            `(n_classes, images_per_class, height, width, channels)`, pixels
            in [0, 1]; or, with `labels`, `(n, height, width, channels)`.
        labels: optional int array of shape `(n,)`, from 0 without a gap, for
            classes with different numbers of images.
        class_names: sequence or NumPy array of names, one per class. `None`
            numbers the classes.
        factor: positive int; each stored image is a `factor` x `factor`
            mosaic (see `layers.MultiFormation`). Defaults to `1`.
        normalization: `Normalization` that networks apply to the images. By
            default they read pixels in [0, 1].
        soft_labels: optional float array of shape
            `(n * factor**2, n_classes)`, class probabilities of each decoded
            image, in the order of `images`, then of tiles.
        temperature: positive float, temperature of the softmax that made
            `soft_labels`. `None` means 1 if there are soft labels.
        info: optional JSON-compatible dict, how the set was made.

    Attributes:
        images: float32 array of shape
            `(n_classes, images_per_class, height, width, channels)`; or, where
            classes have different numbers of images,
            `(n, height, width, channels)`, sorted by class.
        labels: int64 array of shape `(n_classes, images_per_class)`, or
            `(n,)`.
        class_names: tuple of strings.
        factor: int.
        normalization: `Normalization` with one mean and std per channel.
        counts: int array of shape `(n_classes,)`, stored images per class.
        soft_labels: float32 array of shape `(n * factor**2, n_classes)`, in
            the order of `to_numpy`, or `None`. Only
            `evaluate(soft_labels=True)` trains on them: `to_numpy`, `to_tf`,
            `to_torch` and the formats of other packages use the integer
            labels.
        temperature: float, or `None`.
        info: dict.

    Raises:
        TypeError, ValueError: if images, labels, names, factor, normalization
            or soft labels do not fit.

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
        labels: np.ndarray | None = None,
        *,
        class_names: Sequence[str] | np.ndarray | None = None,
        factor: int = 1,
        normalization: Normalization = Normalization(),
        soft_labels: np.ndarray | None = None,
        temperature: float | None = None,
        info: dict[str, Any] | None = None,
    ) -> None:
        images, labels, order = sort_by_class(images, labels)
        MultiFormation(factor).build((1, 1, *images.shape[-3:]))
        self.counts = np.bincount(labels.ravel())
        num_classes, channels = len(self.counts), images.shape[-1]
        self.normalization = check_normalization(normalization, channels)
        names = check_class_names(class_names, num_classes)
        if names is None:
            names = tuple(str(label) for label in range(num_classes))
        self.images = images.astype("float32")
        self.labels = labels
        self.class_names = names
        self.factor = factor
        self.info = dict(info or {})
        soft_labels, self.temperature = check_soft_labels(
            soft_labels, temperature, len(order) * factor**2, num_classes
        )
        if soft_labels is not None:  # Rows of tiles move with their image.
            tiles = soft_labels.reshape((len(order), -1, num_classes))
            soft_labels = tiles[order].reshape((-1, num_classes))
        self.soft_labels = soft_labels

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.counts)

    @property
    def images_per_class(self) -> int | tuple[int, ...]:
        """Stored images per class: one number, or one for each class."""
        if self.images.ndim == 5:
            return self.images.shape[1]
        return tuple(self.counts.tolist())

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """`(height, width, channels)` of an image."""
        height, width, channels = self.images.shape[-3:]
        return height, width, channels

    def class_images(self, label: int) -> np.ndarray:
        """Returns the stored images of a class.

        Args:
            label: int.

        Returns:
            float32 array of shape `(n, height, width, channels)`.
        """
        return self.images[self.labels == label]

    def to_numpy(self) -> tuple[np.ndarray, np.ndarray]:
        """Decodes the set to the images that networks train on.

        Returns:
            Images, float32 of shape `(n * factor**2, height, width,
            channels)` for `n` stored images, with pixels in [0, 1], and int64
            labels. Ordered by class, image, tile, as the attribute
            `soft_labels` is.
        """
        flat = self.images.reshape((-1, 1, *self.image_shape))
        decoded = MultiFormation(self.factor)(flat)
        x = ops.convert_to_numpy(decoded).reshape((-1, *self.image_shape))
        return x, np.repeat(self.labels.ravel(), self.factor**2)

    def with_soft_labels(
        self,
        soft_labels: np.ndarray,
        temperature: float = 1.0,
        info: dict[str, Any] | None = None,
    ) -> "DistilledDataset":
        """Returns a copy of this set with other soft labels.

        `evaluation.relabel` computes soft labels by experts.

        Args:
            soft_labels: float array of shape `(n * factor**2, n_classes)`,
                class probabilities of each decoded image, in the order of
                `to_numpy`.
            temperature: positive float, temperature of the softmax that made
                `soft_labels`. Defaults to `1.0`.
            info: optional JSON-compatible dict, entries added to `info`.

        Returns:
            `DistilledDataset` with the same images and integer labels.

        Raises:
            TypeError, ValueError: if the soft labels are no probabilities, or
                the temperature is not positive.

        Example:

        ```python
        x, _ = distilled.to_numpy()
        soft = distilled.with_soft_labels(teacher.predict(x), temperature=4.0)
        ```
        """
        return DistilledDataset(
            self.images.reshape((-1, *self.image_shape)),
            self.labels.ravel(),
            class_names=self.class_names,
            factor=self.factor,
            normalization=self.normalization,
            soft_labels=soft_labels,
            temperature=temperature,
            info={**self.info, **(info or {})},
        )

    def preprocess(self, x: np.ndarray) -> np.ndarray:
        """Normalizes images for networks that train on this set.

        The set's own images and test images need it alike.

        Args:
            x: array of shape `(n, height, width, channels)`, uint8 in 0–255
                or float in [0, 1].

        Returns:
            float32 array of the same shape, `(x - mean) / std`.

        Raises:
            TypeError, ValueError: if `x` is not images of the set's shape.
        """
        check_images(x, self.image_shape)
        return self.normalization.apply(x)

    def to_tf(self, batch_size: int | None = None) -> Any:
        """Returns the set as a `tf.data.Dataset`, ready to train on.

        Args:
            batch_size: optional int; `None` yields one image at a time.

        Returns:
            `tf.data.Dataset` of pairs of a preprocessed float32 image
            `(height, width, channels)` and an int64 label, or of batches of
            both. In the order of `to_numpy`; shuffle it.

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
            order of `to_numpy`; shuffle it. For the same network, prepare
            test images by `preprocess(x).transpose(0, 3, 1, 2)`.

        Raises:
            ImportError: if torch is not installed.
        """
        return to_torch_dataset(*self._ready())

    def _ready(self):
        x, y = self.to_numpy()
        return self.preprocess(x), y

    def save_images(self, directory: PathLike) -> None:
        """Writes each stored image as a PNG, in one folder per class.

        Folders are numbered and named after the classes, such as `03_dress`;
        characters other than letters, digits, dashes and dots become
        underscores. Pixels are rounded to bytes.

        Args:
            directory: path, created where missing. Files with the same names
                are replaced.

        Raises:
            ImportError: if Pillow is not installed.
            ValueError: if the images have neither 1 nor 3 channels.
            OSError: if it cannot be written.
        """
        classes = [self.class_images(c) for c in range(self.num_classes)]
        write_images(directory, classes, self.class_names)

    def save(self, filepath: PathLike) -> None:
        """Writes one safetensors file.

        Args:
            filepath: path. An existing file is replaced once the new one is
                complete.

        Raises:
            OSError: if it cannot be written.
        """
        soft, about_soft = stored_soft_labels(
            self.soft_labels, self.temperature
        )
        metadata = {
            "format": _FORMAT,
            "class_names": json.dumps(self.class_names),
            "factor": str(self.factor),
            "info": json.dumps(self.info),
            **about_soft,
        }
        tensors = {
            "images": self.images,
            "labels": self.labels,
            "mean": self.normalization.mean,
            "std": self.normalization.std,
            **soft,
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
        stored = TensorFile(filepath, _FORMAT)
        images = stored.get_tensor("images", "float32")
        if images.ndim < 4:
            raise ValueError(
                f"{str(filepath)!r} must hold images by class, or with a label "
                f"each. Received: images of shape {images.shape}"
            )
        labels = stored.get_tensor("labels", "int64", images.shape[:-3])
        channels = images.shape[-1:]
        mean = stored.get_tensor("mean", "float32", channels)
        std = stored.get_tensor("std", "float32", channels)
        arguments = {
            "labels": labels if images.ndim == 4 else None,
            "class_names": stored.get_json("class_names", list),
            "factor": stored.get_json("factor", int),
            "info": stored.get_json("info", dict),
            **read_soft_labels(stored),
        }
        try:
            normalization = Normalization(mean, std)
            return cls(images, normalization=normalization, **arguments)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{str(filepath)!r}: {error}") from error

    def to_grid(self, filepath: PathLike, max_columns: int = 20) -> None:
        """Draws the stored images as a PNG with one row per class.

        Args:
            filepath: path of the PNG.
            max_columns: int, the largest number of images drawn per class.
                Defaults to `20`.

        Raises:
            ImportError: if matplotlib is not installed.
            OSError: if it cannot be written.
        """
        draw_grid(filepath, self.rows(max_columns), self.class_names)

    def rows(self, max_columns: int) -> np.ndarray:
        """Returns the first images of each class, for drawing.

        Args:
            max_columns: int, the largest number of images per class.

        Returns:
            float32 array of shape `(n_classes, n, height, width, channels)`;
            the rows of smaller classes end in white images.
        """
        columns = min(max_columns, int(self.counts.max()))
        shape = (self.num_classes, columns, *self.image_shape)
        rows = np.ones(shape, "float32")
        for label, row in enumerate(rows):
            images = self.class_images(label)[:columns]
            row[: len(images)] = images
        return rows

    def __repr__(self):
        return (
            f"DistilledDataset({self.num_classes} classes, "
            f"{self.images_per_class} images per class, image_shape="
            f"{self.image_shape}, factor={self.factor})"
        )
