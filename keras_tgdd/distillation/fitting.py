"""Makes the steps of one `fit` by calls of Keras' `fit`."""

import contextlib
from collections.abc import Callable

import keras

from keras_tgdd.distillation.distillation_checkpoint import (
    DistillationCheckpoint,
)
from keras_tgdd.distillation.finite_guard import FiniteGuard
from keras_tgdd.distillation.fit_arguments import FitArguments
from keras_tgdd.distillation.fit_plan import cut_pieces
from keras_tgdd.distillation.fit_plan import remaining_pieces
from keras_tgdd.distillation.interruption import Interruption
from keras_tgdd.distillation.joined_epochs import JoinedEpochs
from keras_tgdd.distillation.state import DistillationState
from keras_tgdd.distillation.step_source import StepSource
from keras_tgdd.training.progress import spanning


def fit_in_pieces(
    fit: Callable[..., keras.callbacks.History],
    model: keras.Model,
    state: DistillationState,
    source: StepSource,
    arguments: FitArguments,
    checkpoint: DistillationCheckpoint | None = None,
) -> keras.callbacks.History:
    """Makes the steps of a `fit`, or those that an interruption left.

    Training is split into several Keras `fit` calls: one to finish a partly
    done epoch, and one per interval between refreshes of the networks.
    Callbacks see one `fit`. Pixels that become NaN stop it, and Ctrl-C stops
    it where there is a checkpoint.

    Args:
        fit: Keras' `fit` of the model.
        model: `keras.Model` that is fitted, compiled.
        state: `DistillationState` of the model, at its first step.
        source: `StepSource` of the steps.
        arguments: `FitArguments`.
        checkpoint: the `DistillationCheckpoint` among the callbacks, if any.

    Returns:
        `keras.callbacks.History` of all pieces.
    """
    epochs, steps_per_epoch = arguments.epochs, arguments.steps_per_epoch
    held_out = source.held_out() if arguments.automatic else None
    guard = FiniteGuard(state, source)
    callbacks = [*arguments.callbacks]
    if arguments.automatic:
        callbacks.append(_early_stopping())
    callbacks.append(guard)
    done, listening = 0, contextlib.nullcontext()
    if checkpoint is not None:
        done = state.steps_made
        interruption = Interruption(checkpoint, guard)
        callbacks.append(interruption)
        listening = interruption.listening()
    trajectory = source.parts.trajectory
    pieces = remaining_pieces(done, epochs, steps_per_epoch)
    history = keras.callbacks.History()
    if not pieces:
        return history
    if trajectory.steps_per_refresh is not None:
        every = trajectory.steps_per_refresh
        pieces = cut_pieces(pieces, state.steps_made, every)
    joined = JoinedEpochs(
        callbacks,
        model,
        epochs,
        steps_per_epoch,
        done=done,
        verbose=arguments.verbose,
    )
    with listening, spanning(callbacks, done, arguments.num_steps):
        for initial_epoch, last_epoch, steps in pieces:
            step = state.steps_made
            trajectory.seek(step)
            num_steps = (last_epoch - initial_epoch) * steps
            done += num_steps
            history = fit(
                source.steps(step, num_steps, arguments.automatic),
                initial_epoch=initial_epoch,
                epochs=last_epoch,
                steps_per_epoch=steps,
                callbacks=joined,
                # Where the end of an epoch is the end of the piece.
                validation_data=None if done % steps_per_epoch else held_out,
                shuffle=False,
                verbose=arguments.verbose,
            )
            # Now: a failing step is replayed under the networks that it
            # had, before they are refreshed.
            guard.check()
            if model.stop_training:
                break
        joined.finish()
    return history


def _early_stopping():
    return keras.callbacks.EarlyStopping(
        monitor="val_loss", mode="min", patience=3, restore_best_weights=True
    )
