"""Pictures of a distillation as it goes."""

import pathlib

import keras

from keras_tgdd.annotations import PathLike
from keras_tgdd.checks import check_positive_int
from keras_tgdd.checks import check_writable


class ImageGrid(keras.callbacks.Callback):
    """Draws the synthetic images every so many steps, and at the end.

    Files are named after the number of steps, `step_000100.png`; that of the
    start is `step_000000.png`.

    Args:
        directory: path, created where missing. Pictures of the same steps are
            replaced.
        every: positive int, steps between two pictures. Defaults to `100`.
        max_columns: positive int, the most images of each class that are
            drawn. Defaults to `20`.

    Raises:
        ValueError: if a number is not a positive integer.
        OSError: if `directory` cannot be written.

    Example:

    ```python
    grid = keras_tgdd.callbacks.ImageGrid("pictures", every=50)
    trainer.fit(x, y, steps_per_epoch=500, callbacks=[grid])
    ```
    """

    def __init__(
        self, directory: PathLike, every: int = 100, max_columns: int = 20
    ) -> None:
        super().__init__()
        check_positive_int("every", every)
        check_positive_int("max_columns", max_columns)
        check_writable(directory)
        self.directory = pathlib.Path(directory)
        self.every = every
        self.max_columns = max_columns
        self._step = 0
        self._drawn = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._step = self.model.num_steps
        self._draw()

    # Not at the end of a step, where Keras would wait for each to be read.
    def on_train_batch_begin(
        self, batch: int, logs: dict | None = None
    ) -> None:
        if self._step % self.every == 0:
            self._draw()
        self._step += 1

    def on_train_end(self, logs: dict | None = None) -> None:
        self._draw()

    def _draw(self):
        if self._drawn == self._step:
            return
        self.model.distilled_dataset().to_grid(
            self.directory / f"step_{self._step:06d}.png", self.max_columns
        )
        self._drawn = self._step
