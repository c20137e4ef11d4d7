"""Callbacks that see several calls of Keras' `fit` as one."""

from typing import Any

import keras


class JoinedEpochs(keras.callbacks.CallbackList):
    """Calls callbacks as for one `fit`, whatever calls it is made of.

    `fit_in_pieces` passes it to each call of Keras' `fit`. Callbacks are told
    once of the beginning and of the end of the training. An epoch in several
    pieces begins with the first and ends with the last, its steps are numbered
    through, and its metrics are the mean over its steps. Metrics on held-out
    draws are those of the last piece.

    Args:
        callbacks: list of `keras.callbacks.Callback`.
        model: `keras.Model` that is trained.
        epochs: int.
        steps_per_epoch: int.
        done: int, steps made before; a partly done epoch ends with its
            remaining steps.
        verbose: as in `keras.Model.fit`.
    """

    def __init__(
        self,
        callbacks: list,
        model: keras.Model,
        epochs: int,
        steps_per_epoch: int,
        *,
        done: int = 0,
        verbose: int | str = "auto",
    ) -> None:
        super().__init__(
            callbacks,
            add_history=True,
            add_progbar=verbose != 0,
            model=model,
            verbose=verbose,
            epochs=epochs,
            steps=steps_per_epoch,
        )
        self._steps_per_epoch = steps_per_epoch
        # Steps of the epoch in progress: now, and before the part.
        self._made = self._before = done % steps_per_epoch
        self._parts: list[tuple[int, dict]] = []  # steps and logs
        self._begun = False
        self._last_logs = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        if not self._begun:
            self._begun = True
            super().on_train_begin(logs)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Does nothing: another part may follow, so `finish` tells the end."""

    def finish(self) -> None:
        """Tells all callbacks of the end of the training."""
        super().on_train_end(self._last_logs)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._before = self._made
        if not self._parts:
            super().on_epoch_begin(epoch, logs)

    def on_train_batch_begin(
        self, batch: int, logs: dict | None = None
    ) -> None:
        super().on_train_batch_begin(self._before + batch, logs)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._made = self._before + batch + 1
        super().on_train_batch_end(self._before + batch, logs)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._parts.append((self._made - self._before, logs or {}))
        whole = self._made >= self._steps_per_epoch
        if whole or self.model.stop_training:
            logs = self._last_logs = _mean_logs(self._parts)
            self._made, self._parts = 0, []
            super().on_epoch_end(epoch, logs)


def _mean_logs(parts: list[tuple[int, dict]]) -> dict[str, Any]:
    """Metrics of an epoch from those of its parts."""
    *former, (_, last) = parts
    if not former:
        return last
    total = sum(steps for steps, _ in parts)
    mean = {
        name: sum(steps * float(logs[name]) for steps, logs in parts) / total
        for name in former[0][1]
    }
    return {**last, **mean}
