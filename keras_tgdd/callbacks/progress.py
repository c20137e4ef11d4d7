"""One progress bar for a whole `fit`."""

import sys

import keras
from tqdm.auto import tqdm


class Progress(keras.callbacks.Callback):
    """Shows steps, speed, remaining time and the metrics of a `fit`.

    Keras draws a bar for each epoch; this one spans all of them. Where the
    output is not a terminal, it is written every half minute.

    Args:
        description: string, shown before the bar.
        verbose: `0` shows nothing. Defaults to `1`.

    Example:

    ```python
    model.fit(x, y, verbose=0, callbacks=[Progress("expert 1/5")])
    ```
    """

    # Lets Keras read metrics in another thread, so that no step waits.
    async_safe = True

    def __init__(self, description: str, verbose: int = 1) -> None:
        super().__init__()
        self.description = description
        self.verbose = verbose
        self._bar = None

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if self._bar is None and self.verbose:
            steps = self.params["steps"]
            interactive = sys.stderr.isatty()
            self._bar = tqdm(
                desc=self.description,
                total=steps * self.params["epochs"],
                initial=steps * epoch,
                unit="step",
                dynamic_ncols=interactive,
                mininterval=0.2 if interactive else 30.0,
            )

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._show(logs)
        if self._bar is not None:
            self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._show(logs)

    def on_train_end(self, logs: dict | None = None) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _show(self, logs):
        if self._bar is not None:
            metrics = {name: f"{v:.4g}" for name, v in (logs or {}).items()}
            self._bar.set_postfix(metrics, refresh=False)
