"""The calls of Keras' `fit` that make up one of a distillation's."""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

import keras

from keras_tgdd.callbacks.distillation_checkpoint import DistillationCheckpoint
from keras_tgdd.callbacks.distillation_checkpoint import remaining_parts
from keras_tgdd.callbacks.finite_guard import FiniteGuard
from keras_tgdd.callbacks.interruption import Interruption
from keras_tgdd.callbacks.progress import spanning

if TYPE_CHECKING:
    from keras_tgdd.step_source import StepSource
    from keras_tgdd.trainer import DistillationTrainer


def fit_parts(
    fit: Callable,
    trainer: "DistillationTrainer",
    source: "StepSource",
    epochs: int,
    steps_per_epoch: int,
    callbacks: list,
    checkpoint: DistillationCheckpoint | None = None,
    automatic: bool = False,
    verbose: int | str = "auto",
) -> keras.callbacks.History:
    """Makes the steps of a `fit`, or what an interrupted one left of them.

    The rest of an epoch that was begun is a call of its own. Pixels that
    become NaN end it, and Ctrl-C where there is a checkpoint.

    Args:
        fit: Keras' `fit` of the trainer.
        trainer: `DistillationTrainer`, ready and at its step.
        source: `StepSource` of the steps.
        epochs: int.
        steps_per_epoch: int.
        callbacks: list of `keras.callbacks.Callback`.
        checkpoint: the `DistillationCheckpoint` among them, if any.
        automatic: whether the end is found on held-out draws.
        verbose: as in `keras.Model.fit`.

    Returns:
        `keras.callbacks.History` of all parts.
    """
    given: dict[str, Any] = {"shuffle": False, "verbose": verbose}
    if automatic:
        given["validation_data"] = source.held_out()
        callbacks = [*callbacks, _early_stopping()]
    guard = FiniteGuard(source)
    callbacks = [*callbacks, guard]
    done, listening = 0, contextlib.nullcontext()
    if checkpoint is not None:
        done = trainer.num_steps
        interruption = Interruption(checkpoint, guard)
        callbacks.append(interruption)
        listening = interruption.listening()
    parts = remaining_parts(done, epochs, steps_per_epoch)
    history = None
    if not parts:
        return keras.callbacks.History()
    with listening, spanning(callbacks, done, epochs * steps_per_epoch):
        for initial_epoch, last_epoch, steps in parts:
            num_steps = (last_epoch - initial_epoch) * steps
            part = fit(
                source.steps(trainer.num_steps, num_steps, automatic),
                initial_epoch=initial_epoch,
                epochs=last_epoch,
                steps_per_epoch=steps,
                callbacks=callbacks,
                **given,
            )
            history = part if history is None else _joined(history, part)
            if trainer.stop_training:
                break
    return history


def _joined(history, part):
    """The history of a part, behind that of those before it."""
    part.epoch[:0] = history.epoch
    for name, values in part.history.items():
        values[:0] = history.history[name]
    return part


def _early_stopping():
    return keras.callbacks.EarlyStopping(
        monitor="val_loss", mode="min", patience=3, restore_best_weights=True
    )
