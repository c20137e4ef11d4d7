"""Labelled images that do not fit in memory."""

import json
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
from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.runtime.fingerprint import fingerprint
from keras_tgdd.storage.array_writer import ArrayWriter
from keras_tgdd.storage.atomic_write import atomic_write

_IMAGES, _LABELS, _STREAM = "images.npy", "labels.npy", "stream.json"


class ImageStream(ClassImages):
    """Class-balanced draws from labelled images that are read batch by batch.

    A buffer keeps at most `buffer_per_class` images per class. At the start
    the source is read until every class has that many, or to its end. Each
    step then reads further batches, starting over at the end of the source,
    and new images replace the oldest of their class. Draws come from the
    buffer, so the order of the source matters little: even a source sorted by
    class gives every class to every step.

    Memory is bounded by `buffer_bytes`, which is `num_classes *
    buffer_per_class` images as the source yields them (uint8 takes a quarter
    of float32), and one batch, beside the memory of the source itself.

    A step sees the same images in every run if the source yields the same
    batches in every pass: do not shuffle it, or fix the seed. Resuming from a
    later step reads again all batches before that step.

    Args:
        source: `keras.utils.PyDataset`, `tf.data.Dataset` or
            `torch.utils.data.DataLoader` of `(images, labels)` batches, which
            can be iterated repeatedly; or a function without arguments that
            returns a new iterator of batches. Images are uint8 in 0–255 or
            float in [0, 1].
        num_classes: positive int.
        buffer_per_class: positive int, images per class in the buffer. Should
            be a few times the `samples_per_class` of a step. Defaults to
            `512`.
        batches_per_step: positive int, batches read between two steps.
            Defaults to `1`.

    Attributes:
        x: array of shape
            `(num_classes * buffer_per_class, height, width, channels)`, the
            buffer; places of classes with fewer images are empty.
        image_shape: triple of ints, `(height, width, channels)`.
        counts: int array of shape `(num_classes,)`, images per class in the
            buffer.
        buffer_bytes: int, the largest size of the buffer in bytes.

    Raises:
        TypeError: if `source` is none of these, or a batch is not images with
            integer labels.
        ValueError: if images or labels of a batch do not fit, or a class has
            no image in the whole source.

    Example:

    ```python
    stream = keras_tgdd.datasets.ImageStream(dataset, num_classes=10)
    summaries = keras_tgdd.summarize(experts, stream)
    trainer.fit(summaries, steps_per_epoch=20)
    ```
    """

    def __init__(
        self,
        source: Any,
        num_classes: int,
        *,
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
        self._lock = threading.Lock()  # Keras draws in its own thread.
        self._buffer = np.empty(0)  # until the first batch tells its shape
        self._restart()
        self._fingerprint = fingerprint(self.x, self.counts)

    @property
    def x(self) -> np.ndarray:
        return self._buffer.reshape((-1, *self.image_shape))

    @property
    def image_shape(self) -> tuple[int, ...]:
        return self._buffer.shape[2:]

    @property
    def counts(self) -> np.ndarray:
        return np.minimum(self._seen, self.buffer_per_class)

    @property
    def buffer_bytes(self) -> int:
        return self._buffer.nbytes

    def fingerprint(self) -> str:
        """Returns a digest of the buffer at the first step."""
        return self._fingerprint

    def seek(self, step: int) -> None:
        """Reads up to a step, from the start where that step has passed.

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
        """Draws like `draw`, but returns positions in `x`."""
        order = draw_positions(generator, self.counts, samples_per_class)
        starts = self.buffer_per_class * np.arange(self.num_classes)
        return starts[:, None] + order

    def store(self, directory: PathLike) -> TrainingData:
        """Writes all images to disk once, and maps them into memory.

        The operating system then keeps in memory what fits. A second call
        with the same stream maps the files of the first. A stream is
        recognised by its fingerprint, which covers the buffer at the first
        step: use another directory for a source that differs only later.

        Args:
            directory: path, created where missing, for `images.npy`,
                `labels.npy` and `stream.json`.

        Returns:
            `TrainingData` with arrays mapped from the files.

        Raises:
            FileExistsError: if the directory has such files of another
                stream, or files that were not written by this method.
            OSError: if they cannot be written.

        Example:

        ```python
        data = stream.store("arrays")
        experts = keras_tgdd.train_experts(data, num_experts=1, epochs=2)
        ```
        """
        directory = pathlib.Path(directory)
        if not self._is_stored(directory):
            directory.mkdir(parents=True, exist_ok=True)
            self._write(directory)
        x, y = (
            np.load(directory / name, mmap_mode="r")
            for name in (_IMAGES, _LABELS)
        )
        return TrainingData(x, y)

    def _is_stored(self, directory):
        """Whether this stream was stored there; refuses any other file."""
        paths = [directory / name for name in (_IMAGES, _LABELS, _STREAM)]
        found = [path for path in paths if path.exists()]
        if not found:
            return False
        if len(found) == len(paths) and _read_fingerprint(paths[-1]) == (
            self._fingerprint
        ):
            return True
        raise FileExistsError(
            f"{str(found[0])!r} is there already, and not from this stream. "
            "Delete it, choose another directory, or read it by "
            "`np.load(path, mmap_mode='r')`."
        )

    def _write(self, directory):
        with (
            ArrayWriter(directory / _IMAGES) as images,
            ArrayWriter(directory / _LABELS) as labels,
        ):
            for x, y in batches_of(self.source):
                self._check(x, y)
                images.append(x.astype(self._buffer.dtype, copy=False))
                labels.append(y.astype("int64"))
        # Last: marks the arrays as complete.
        with atomic_write(directory / _STREAM) as temporary:
            content = {"fingerprint": self._fingerprint}
            temporary.write_text(json.dumps(content))

    def _restart(self):
        self._batches = batches_of(self.source)
        self._step = 0
        self._seen = np.zeros(self.num_classes, "int64")
        while self._seen.min() < self.buffer_per_class:
            batch = next(self._batches, None)
            if batch is None:
                break
            self._keep(*batch)
        if not self._buffer.size:
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
                    "Received: no batch in the second pass; pass a function "
                    "that returns a new iterator"
                )
        self._keep(*batch)

    def _keep(self, x, y):
        self._check(x, y)
        if not self._buffer.size:
            shape = (self.num_classes, self.buffer_per_class, *x.shape[1:])
            dtype = "uint8" if x.dtype == np.uint8 else "float32"
            self._buffer = np.zeros(shape, dtype)
        for label in np.unique(y):
            # The last ones, where a batch has more than fit.
            images = x[y == label][-self.buffer_per_class :]
            slots = self._seen[label] + np.arange(len(images))
            self._buffer[label, slots % self.buffer_per_class] = images
            self._seen[label] += len(images)

    def _check(self, x, y):
        known = self._buffer.size > 0
        check_images(
            x, self.image_shape if known else None, "images of the source"
        )
        check_labels(
            y,
            len(x),
            self.num_classes,
            name="labels of the source",
            every_class=False,
        )
        uint8 = self._buffer.dtype == np.uint8
        if known and (x.dtype == np.uint8) != uint8:
            raise TypeError(
                "Batches must all be uint8 or all floating point. "
                f"Received: {x.dtype} after {self._buffer.dtype}"
            )


def _read_fingerprint(path):
    """The fingerprint in a `stream.json`, or `None` in any other file."""
    try:
        return json.loads(path.read_text())["fingerprint"]
    except (ValueError, TypeError, KeyError):
        return None
