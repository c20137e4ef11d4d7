"""Images that do not fit in memory."""

import pathlib
import threading
from typing import Any

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.datasets.class_images import ClassImages
from keras_tgdd.datasets.real_images import draw_positions
from keras_tgdd.datasets.sources import batches_of
from keras_tgdd.datasets.sources import is_source
from keras_tgdd.runtime.fingerprint import fingerprint
from keras_tgdd.storage.array_writer import ArrayWriter


class ImageStream(ClassImages):
    """Class-balanced draws from labelled images that are read batch by batch.

    Some images of each class are kept, at most `buffer_per_class`. At the
    start the source is read until every class has that many, or to its end;
    each step then reads on, from the beginning again after the end, and new
    images take the place of the oldest of their class. Draws are from what is
    kept, so the order of the source matters little: even one sorted by class
    gives every class to every step.

    Memory is bounded by `buffer_bytes`, `num_classes * buffer_per_class`
    images as the source yields them (uint8 takes a quarter of float32), and
    one batch of the source, beside what the source keeps itself.

    A step sees what it would see in any other run if the source yields the
    same batches each time: leave shuffling out, or seed it. Going on from a
    later step reads again what was read until there.

    Args:
        source: `keras.utils.PyDataset`, `tf.data.Dataset` or
            `torch.utils.data.DataLoader` of `(images, labels)` batches, which
            can be gone through again and again; or a function without
            arguments that returns a new iterator of them. Images are uint8
            in 0–255 or float in [0, 1].
        num_classes: positive int.
        buffer_per_class: positive int, images of each class that are kept.
            Should be a few times the `samples_per_class` of a step. Defaults
            to `512`.
        batches_per_step: positive int, batches that are read between two
            steps. Defaults to `1`.

    Attributes:
        image_shape: triple of ints, `(height, width, channels)`.
        counts: int array of shape `(num_classes,)`, images kept.
        buffer_bytes: int, bytes of the images that are kept, at most.

    Raises:
        TypeError: if `source` is none of these, or a batch is not images with
            integer labels.
        ValueError: if a batch has other images or labels than fit, or a class
            has no image in the whole source.

    Example:

    ```python
    stream = keras_tgdd.datasets.ImageStream(dataset, num_classes=10)
    summaries = experts.summarize(stream)
    trainer.fit(stream, steps_per_epoch=500)
    ```
    """

    def __init__(
        self,
        source: Any,
        num_classes: int,
        buffer_per_class: int = 512,
        batches_per_step: int = 1,
    ) -> None:
        check_positive_int("num_classes", num_classes)
        check_positive_int("buffer_per_class", buffer_per_class)
        check_positive_int("batches_per_step", batches_per_step)
        if not is_source(source):
            raise TypeError(
                "`source` must be a `keras.utils.PyDataset`, a "
                "`tf.data.Dataset`, a `torch.utils.data.DataLoader` or a "
                "function that returns an iterator of batches. Received: "
                f"{type(source).__name__}"
            )
        self.source = source
        self.num_classes = num_classes
        self.buffer_per_class = buffer_per_class
        self.batches_per_step = batches_per_step
        self._lock = threading.Lock()  # Keras draws in a thread of its own
        self._buffer = None
        self._restart()
        self._fingerprint = fingerprint(self.x, self.counts)

    @property
    def x(self) -> np.ndarray:
        """The images that are kept, with empty places where a class has
        fewer: an array of shape
        `(num_classes * buffer_per_class, height, width, channels)`."""
        return self._buffer.reshape((-1, *self.image_shape))

    @property
    def image_shape(self) -> tuple[int, ...]:
        return self._buffer.shape[2:]

    @property
    def buffer_bytes(self) -> int:
        return self._buffer.nbytes

    def fingerprint(self) -> str:
        """Returns a digest of what is kept at the first step."""
        return self._fingerprint

    def at(self, step: int) -> None:
        """Reads on to a step, or from the beginning where it is passed.

        Args:
            step: int.
        """
        with self._lock:
            if step < self._step:
                self._restart()
            while self._step < step:
                for _ in range(self.batches_per_step):
                    self._read()
                self._step += 1

    def draw_index(
        self, generator: np.random.Generator, samples_per_class: int
    ) -> np.ndarray:
        """As `draw`, but returns where the images stand in `x`."""
        order = draw_positions(generator, self.counts, samples_per_class)
        starts = self.buffer_per_class * np.arange(self.num_classes)
        return starts[:, None] + order

    def store(self, directory: PathLike) -> tuple[np.ndarray, np.ndarray]:
        """Writes all images to disk once, as arrays that are mapped.

        Whatever takes arrays takes these, and the operating system keeps in
        memory what fits: experts are trained so on data that do not fit.

        Args:
            directory: path, created where missing, for `images.npy` and
                `labels.npy`.

        Returns:
            Images and labels, mapped from the files.

        Raises:
            FileExistsError: if one of the files is there.
            OSError: if they cannot be written.

        Example:

        ```python
        x, y = stream.store("arrays")
        experts = keras_tgdd.train_experts(network_fn, x, y)
        ```
        """
        directory = pathlib.Path(directory)
        paths = [directory / name for name in ("images.npy", "labels.npy")]
        for path in paths:
            if path.exists():
                raise FileExistsError(
                    f"{str(path)!r} is there already. Delete it, choose "
                    "another directory, or read it by "
                    "`np.load(path, mmap_mode='r')`."
                )
        directory.mkdir(parents=True, exist_ok=True)
        with ArrayWriter(paths[0]) as images, ArrayWriter(paths[1]) as labels:
            for x, y in batches_of(self.source):
                self._check(x, y)
                images.append(x.astype(self._buffer.dtype, copy=False))
                labels.append(y.astype("int64"))
        return tuple(np.load(path, mmap_mode="r") for path in paths)

    def _restart(self):
        self._batches = batches_of(self.source)
        self._step = 0
        self._seen = np.zeros(self.num_classes, "int64")
        while self._seen.min() < self.buffer_per_class:
            batch = next(self._batches, None)
            if batch is None:
                break
            self._keep(*batch)
        if self._buffer is None:
            raise ValueError(
                "`source` must yield at least one batch. Received: none"
            )
        empty = np.flatnonzero(self._seen == 0)
        if len(empty):
            raise ValueError(
                "Every class must have an image in the source. Received: none "
                f"of class {empty[:10].tolist()} in one pass"
            )

    def _read(self):
        batch = next(self._batches, None)
        if batch is None:
            self._batches = batches_of(self.source)
            batch = next(self._batches, None)
            if batch is None:
                raise ValueError(
                    "`source` must be one that can be gone through again. "
                    "Received: nothing at the second pass; pass a function "
                    "that returns a new iterator"
                )
        self._keep(*batch)

    def _keep(self, x, y):
        self._check(x, y)
        if self._buffer is None:
            shape = (self.num_classes, self.buffer_per_class, *x.shape[1:])
            dtype = "uint8" if x.dtype == np.uint8 else "float32"
            self._buffer = np.zeros(shape, dtype)
        for label in np.unique(y):
            # Of more than fit, the last.
            images = x[y == label][-self.buffer_per_class :]
            places = self._seen[label] + np.arange(len(images))
            self._buffer[label, places % self.buffer_per_class] = images
            self._seen[label] += len(images)

    @property
    def counts(self) -> np.ndarray:
        return np.minimum(self._seen, self.buffer_per_class)

    def _check(self, x, y):
        shape = None if self._buffer is None else self.image_shape
        check_images(x, shape, "images of the source")
        check_labels(y, len(x), self.num_classes, "labels of the source", False)
        if self._buffer is not None:
            uint8 = self._buffer.dtype == np.uint8
            if (x.dtype == np.uint8) != uint8:
                raise TypeError(
                    "Batches must all be uint8 or all floating point. "
                    f"Received: {x.dtype} after {self._buffer.dtype}"
                )
