"""The result of a distillation: images, labels and how to use them."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_statistics
from keras_tgdd.arguments import to_unit_range
from keras_tgdd.storage.tensor_file import TensorFile
from keras_tgdd.storage.tensor_file import write_tensors
from keras_tgdd.synthetic.by_class import by_class
from keras_tgdd.synthetic.formats.conversions import to_tf_dataset
from keras_tgdd.synthetic.formats.conversions import to_torch_dataset
from keras_tgdd.synthetic.formats.foreign_formats import ForeignFormats
from keras_tgdd.synthetic.formats.image_folder import write_images
from keras_tgdd.synthetic.multi_formation import MultiFormation
from keras_tgdd.synthetic.soft_labels import checked_soft_labels
from keras_tgdd.synthetic.soft_labels import read_soft_labels
from keras_tgdd.synthetic.soft_labels import stored_soft_labels

if TYPE_CHECKING:
    from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories

_FORMAT = "keras_tgdd.distilled"


class DistilledDataset(ForeignFormats):
    """A distilled set that carries its own preprocessing.

    Args:
        images: float array of shape
            `(n_classes, images_per_class, height, width, channels)`, pixels
            in [0, 1]; or, with `labels`, `(n, height, width, channels)`.
        class_names: sequence of strings, one a class. `None` numbers them.
        factor: positive int; each stored image is a `factor` x `factor`
            mosaic (see `layers.MultiFormation`). Defaults to `1`.
        mean: floats of shape `(channels,)`, in [0, 1] units: networks are fed
            `(image - mean) / std`. Defaults to `0.0`.
        std: as `mean`. Defaults to `1.0`.
        info: optional JSON-compatible dict, how it was made.
        labels: optional int array of shape `(n,)`, from 0 without a gap, for
            classes of differing numbers of images.
        soft_labels: optional float array of shape
            `(n * factor**2, n_classes)`, probabilities of the classes for
            each image that the set decodes to, in the order of `images`, then
            of tiles.
        temperature: positive float, that of the softmax of `soft_labels`.
            `None` takes 1 where there are some.

    Attributes:
        images: float32 array of shape
            `(n_classes, images_per_class, height, width, channels)`, or
            `(n, height, width, channels)`, ordered by class, where the
            classes differ in number.
        labels: int64 array of shape `(n_classes, images_per_class)`, or
            `(n,)`.
        counts: int array of shape `(n_classes,)`, stored images of each
            class.
        soft_labels: float32 array of shape `(n * factor**2, n_classes)`, in
            the order of `to_numpy`, or `None`. Networks are trained on them
            by `evaluate(soft_labels=True)` alone: `to_numpy`, `to_tf`,
            `to_torch` and the formats of other packages have the integer
            labels.
        temperature: float, or `None`.

    Raises:
        TypeError, ValueError: if images, names, factor or soft labels do not
            fit.

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
        labels: np.ndarray | None = None,
        soft_labels: np.ndarray | None = None,
        temperature: float | None = None,
    ) -> None:
        images, labels, order = by_class(images, labels)
        MultiFormation(factor).build((1, 1, *images.shape[-3:]))
        self.counts = np.bincount(labels.ravel())
        num_classes, channels = len(self.counts), images.shape[-1]
        check_statistics(mean, std, channels)
        names = [str(n) for n in class_names or range(num_classes)]
        if len(names) != num_classes:
            raise ValueError(
                f"`class_names` must have one name a class, {num_classes}. "
                f"Received: {len(names)} names"
            )
        self.images = images.astype("float32")
        self.labels = labels
        self.class_names = tuple(names)
        self.factor = factor
        self.mean = np.broadcast_to(np.float32(mean), (channels,)).copy()
        self.std = np.broadcast_to(np.float32(std), (channels,)).copy()
        self.info = dict(info or {})
        soft_labels, self.temperature = checked_soft_labels(
            soft_labels, temperature, len(order) * factor**2, num_classes
        )
        if soft_labels is not None:  # all tiles of an image move with it
            tiles = soft_labels.reshape((len(order), -1, num_classes))
            soft_labels = tiles[order].reshape((-1, num_classes))
        self.soft_labels = soft_labels

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.counts)

    @property
    def images_per_class(self) -> int | tuple[int, ...]:
        """Stored images of each class: one number, or one for each class."""
        if self.images.ndim == 5:
            return self.images.shape[1]
        return tuple(self.counts.tolist())

    @property
    def image_shape(self) -> tuple[int, ...]:
        """`(height, width, channels)` of an image."""
        return self.images.shape[-3:]

    def of_class(self, label: int) -> np.ndarray:
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
            channels)`, for `n` stored images, with pixels in [0, 1], and
            int64 labels. Ordered by class, image, tile. `soft_labels` are an
            attribute, in this order.
        """
        flat = self.images.reshape((-1, 1, *self.image_shape))
        decoded = MultiFormation(self.factor)(flat)
        x = ops.convert_to_numpy(decoded).reshape((-1, *self.image_shape))
        return x, np.repeat(self.labels.ravel(), self.factor**2)

    def relabel(
        self, experts: "ExpertTrajectories", temperature: float = 1.0
    ) -> "DistilledDataset":
        """Returns a set whose decoded images have soft labels, too.

        A soft label is the mean over the experts, with their last weights, of
        `softmax(logits / temperature)`. What an expert knows of the real data
        reaches a network by these labels, whatever the images are: results
        on soft and on hard labels do not compare.

        Args:
            experts: `ExpertTrajectories` for images of this shape and these
                classes. They see images by their own mean and standard
                deviation.
            temperature: positive float; above 1 labels become softer.
                Defaults to `1.0`.

        Returns:
            `DistilledDataset` with the same images and integer labels.

        Raises:
            TypeError, ValueError: if experts are for other images or classes,
                what they return is no number, or the temperature is not
                positive.

        Example:

        ```python
        soft = distilled.relabel(experts, temperature=4.0)
        result = keras_tgdd.evaluate(soft, x_test, y_test, soft_labels=True)
        ```
        """
        from keras_tgdd.trajectories.expert_labels import relabelled

        return relabelled(self, experts, temperature)

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
        classes = [self.of_class(c) for c in range(self.num_classes)]
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
            "mean": self.mean,
            "std": self.std,
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
        facts = {
            "class_names": stored.get_json("class_names", list),
            "factor": stored.get_json("factor", int),
            "mean": stored.get_tensor("mean", "float32", channels),
            "std": stored.get_tensor("std", "float32", channels),
            "info": stored.get_json("info", dict),
            "labels": labels if images.ndim == 4 else None,
            **read_soft_labels(stored),
        }
        try:
            return cls(images, **facts)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{str(filepath)!r}: {error}") from error

    def to_grid(self, filepath: PathLike, max_columns: int = 20) -> None:
        """Draws the stored images as a PNG with one row a class.

        Args:
            filepath: path of the PNG.
            max_columns: int, the most images of each class that are drawn.
                Defaults to `20`.

        Raises:
            OSError: if it cannot be written.
        """
        from keras_tgdd.synthetic.grid import draw_grid

        draw_grid(filepath, self.rows(max_columns), self.class_names)

    def rows(self, max_columns: int) -> np.ndarray:
        """Returns the first images of each class, for pictures.

        Args:
            max_columns: int, the most images of a class.

        Returns:
            float32 array of shape `(n_classes, n, height, width, channels)`;
            the row of a class of fewer images ends in white.
        """
        columns = min(max_columns, int(self.counts.max()))
        shape = (self.num_classes, columns, *self.image_shape)
        rows = np.ones(shape, "float32")
        for label, row in enumerate(rows):
            images = self.of_class(label)[:columns]
            row[: len(images)] = images
        return rows

    def __repr__(self):
        return (
            f"DistilledDataset({self.num_classes} classes, "
            f"{self.images_per_class} images per class, image_shape="
            f"{self.image_shape}, factor={self.factor})"
        )
