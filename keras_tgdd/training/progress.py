"""A progress bar for a whole `fit`."""

import contextlib
import sys
from collections.abc import Iterator

import keras
from tqdm.auto import tqdm


class Progress(keras.callbacks.Callback):
    """Shows steps, speed, remaining time and metrics of a `fit` on stderr.

    Keras draws one bar per epoch; this bar spans all epochs. If stderr is not
    a terminal, the bar is written every 30 seconds.

    Args:
        description: string, shown before the bar.
        verbose: `0` is silent, `1` shows the bar. Defaults to `1`.

    Example:

    ```python
    model.fit(x, y, verbose=0, callbacks=[Progress("expert 1/5")])
    ```
    """

    # Keras may read metrics in another thread, so that no step waits.
    async_safe = True

    def __init__(self, description: str, verbose: int = 1) -> None:
        super().__init__()
        self.description = description
        self.verbose = verbose
        self._bar: tqdm | None = None
        self._spanning = False

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        steps = self.params["steps"]
        self.open(steps * epoch, steps * self.params["epochs"])

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._show(logs)
        if self._bar is not None:
            self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._show(logs)

    def on_train_end(self, logs: dict | None = None) -> None:
        if not self._spanning:
            self.close()

    def open(self, done: int, total: int, spanning: bool = False) -> None:
        """Opens the bar if it is not open.

        Args:
            done: int, number of finished steps.
            total: int, number of all steps.
            spanning: whether the bar stays open until `close`. `False`, the
                default, closes it at the end of a `fit`.
        """
        if self._bar is None and self.verbose:
            interactive = sys.stderr.isatty()
            seconds = 0.2 if interactive else 30.0
            self._bar = tqdm(
                desc=self.description,
                total=total,
                initial=done,
                unit="step",
                dynamic_ncols=interactive,
                mininterval=seconds,
                # By default a thread of tqdm writes every ten seconds.
                maxinterval=max(10.0, seconds),
            )
            self._spanning = spanning

    def close(self) -> None:
        """Shows the bar a last time and closes it."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        self._spanning = False

    def _show(self, logs):
        if self._bar is not None:
            metrics = {name: f"{v:.4g}" for name, v in (logs or {}).items()}
            self._bar.set_postfix(metrics, refresh=False)


@contextlib.contextmanager
def spanning(callbacks: list, done: int, total: int) -> Iterator[None]:
    """Lets one bar span several calls of `fit`.

    The bars are closed at the end, also after an exception.

    Args:
        callbacks: list of callbacks; the bars are its `Progress` callbacks.
        done: int, number of finished steps.
        total: int, number of all steps.
    """
    bars = [c for c in callbacks if isinstance(c, Progress)]
    for bar in bars:
        bar.open(done, total, spanning=True)
    try:
        yield
    finally:
        for bar in bars:
            bar.close()
