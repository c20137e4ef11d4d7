"""Pictures of a distillation while it runs."""

import pathlib
from typing import Any

import keras
import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_writable
from keras_tgdd.runtime.optional import require


class ImageGrid(keras.callbacks.Callback):
    """Draws the synthetic images every `every` steps, and at the end.

    Files are named after the number of steps, `step_000100.png`; the first is
    `step_000000.png`.

    Args:
        directory: path, created where missing. Pictures of the same steps are
            replaced.
        every: positive int, steps between two pictures. Defaults to `100`.
        max_columns: positive int, the most images per class that are
            drawn. Defaults to `20`.
        log_dir: optional path of TensorBoard's logs, such as the `log_dir`
            of `keras.callbacks.TensorBoard`: the same pictures are written
            there too, by the number of steps, in a run named `images`. Needs
            `pip install keras-tgdd[tensorboard]`, and no TensorFlow.

    Raises:
        ValueError: if a number is not a positive integer.
        OSError: if `directory` or `log_dir` cannot be written.
        ImportError: if `log_dir` is given and tensorboardX is not installed.

    Example:

    ```python
    grid = keras_tgdd.ImageGrid("pictures", every=50)
    trainer.fit(x, y, steps_per_epoch=500, callbacks=[grid])
    ```
    """

    def __init__(
        self,
        directory: PathLike,
        *,
        every: int = 100,
        max_columns: int = 20,
        log_dir: PathLike | None = None,
    ) -> None:
        super().__init__()
        check_positive_int("every", every)
        check_positive_int("max_columns", max_columns)
        check_writable(directory)
        self.directory = pathlib.Path(directory)
        self.every = every
        self.max_columns = max_columns
        self.log_dir = None
        if log_dir is not None:
            self.log_dir = pathlib.Path(log_dir) / "images"
            check_writable(self.log_dir)
            _tensorboardx()
        self._step = 0
        self._drawn: int | None = None
        self._writer: Any = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        trainer: Any = self.model  # one with `distilled_dataset`
        self._step = trainer.num_steps
        self._open_log()
        self._draw()

    # At the beginning of a step: at its end Keras would wait for its logs.
    def on_train_batch_begin(
        self, batch: int, logs: dict | None = None
    ) -> None:
        if self._step % self.every == 0:
            self._draw()
        self._step += 1

    def on_train_end(self, logs: dict | None = None) -> None:
        self._draw()
        self._close_log()

    def _draw(self):
        if self._drawn == self._step:
            return
        path = self.directory / f"step_{self._step:06d}.png"
        trainer: Any = self.model
        trainer.distilled_dataset().to_grid(path, self.max_columns)
        if self._writer is not None:
            self._log(path)
        self._drawn = self._step

    def _open_log(self):
        self._close_log()  # left open by a training that failed
        if self.log_dir is not None:
            self._writer = _tensorboardx().SummaryWriter(
                str(self.log_dir),
                flush_secs=1,  # a training that fails closes nothing
                # Names tell seconds apart, and a fit may be in two parts.
                filename_suffix=f".{self._step:06d}",
            )

    def _log(self, path):
        pillow = require("PIL.Image", "images", "`log_dir`")
        with pillow.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
        self._writer.add_image(
            "synthetic_images", pixels, self._step, dataformats="HWC"
        )

    def _close_log(self):
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _tensorboardx():
    """The package that writes events under any backend."""
    return require("tensorboardX", "tensorboard", "`log_dir`")
