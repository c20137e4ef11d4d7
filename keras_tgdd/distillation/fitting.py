"""The calls of Keras' `fit` that make up one of a distillation's."""

import contextlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import TYPE_CHECKING

import keras

from keras_tgdd.distillation.distillation_checkpoint import (
    DistillationCheckpoint,
)
from keras_tgdd.distillation.distillation_checkpoint import remaining_parts
from keras_tgdd.distillation.finite_guard import FiniteGuard
from keras_tgdd.distillation.interruption import Interruption
from keras_tgdd.distillation.joined_epochs import JoinedEpochs
from keras_tgdd.training.progress import spanning

if TYPE_CHECKING:
    from keras_tgdd.distillation.step_source import StepSource
    from keras_tgdd.distillation.trainer import DistillationTrainer


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

    The rest of an epoch that was begun is a call of its own, and so are the
    steps between two times that the trajectory refreshes its networks.
    Callbacks see one `fit`. Pixels that become NaN end it, and Ctrl-C where
    there is a checkpoint.

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
    held_out = source.held_out() if automatic else None
    if automatic:
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
    if not parts:
        return keras.callbacks.History()
    every = trainer.trajectory.steps_per_refresh
    if every is not None:
        parts = cut_parts(parts, trainer.num_steps, every)
    joined = JoinedEpochs(
        callbacks, trainer, epochs, steps_per_epoch, done, verbose
    )
    with listening, spanning(callbacks, done, epochs * steps_per_epoch):
        for initial_epoch, last_epoch, steps in parts:
            trainer.trajectory.at(trainer.num_steps)
            num_steps = (last_epoch - initial_epoch) * steps
            done += num_steps
            history = fit(
                source.steps(trainer.num_steps, num_steps, automatic),
                initial_epoch=initial_epoch,
                epochs=last_epoch,
                steps_per_epoch=steps,
                callbacks=joined,
                # Where the end of an epoch is that of the part.
                validation_data=None if done % steps_per_epoch else held_out,
                shuffle=False,
                verbose=verbose,
            )
            # It makes failing steps again, under the networks they had.
            guard.look()
            if trainer.stop_training:
                break
        joined.finish()
    return history


def cut_parts(
    parts: Iterable[tuple[int, int, int]], step: int, every: int
) -> Iterator[tuple[int, int, int]]:
    """Cuts calls of Keras' `fit` at all multiples of a number of steps.

    Args:
        parts: what `remaining_parts` returned.
        step: int, number of the first step.
        every: positive int.

    Yields:
        `(initial_epoch, epochs, steps_per_epoch)`: whole epochs as far as
        they fit, or a part of one.
    """
    for epoch, last_epoch, steps in parts:
        while epoch < last_epoch:
            fitting = (every - step % every) // steps
            if fitting:
                following = min(epoch + fitting, last_epoch)
                yield epoch, following, steps
                step += (following - epoch) * steps
                epoch = following
                continue
            left = steps
            while left:
                size = min(left, every - step % every)
                yield epoch, epoch + 1, size
                step += size
                left -= size
            epoch += 1


def _early_stopping():
    return keras.callbacks.EarlyStopping(
        monitor="val_loss", mode="min", patience=3, restore_best_weights=True
    )
