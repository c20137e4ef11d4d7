"""Which arguments of Keras' `fit` and `compile` a distillation takes."""

import dataclasses
from typing import Any

import keras

from keras_tgdd.arguments import check_positive_int

# The most epochs of `epochs="auto"`.
MOST_EPOCHS = 100
# What to use in the place of an argument of `keras.Model.fit`.
_REMEDIES = {
    "batch_size": "`samples_per_class` of the trainer is the number of real "
    "images per class in a step",
    "validation_split": "`epochs='auto'` holds out draws",
    "validation_data": "`epochs='auto'` holds out draws, and "
    "`keras_tgdd.evaluate` tests the distilled set",
    "shuffle": "every step draws its images by the trainer's `seed`",
    "class_weight": "every class counts the same; `images_per_class` may "
    "differ between classes",
    "sample_weight": "every image of a class counts the same",
    "initial_epoch": "a second call continues by itself, and a "
    "`DistillationCheckpoint` resumes",
    "validation_steps": "`epochs='auto'` holds out draws",
    "validation_batch_size": "`epochs='auto'` holds out draws",
    "validation_freq": "`epochs='auto'` holds out draws",
}


@dataclasses.dataclass(frozen=True)
class FitArguments:
    """The arguments of one `fit`, checked.

    Attributes:
        epochs: positive int, the most epochs.
        steps_per_epoch: positive int.
        callbacks: list of `keras.callbacks.Callback`.
        automatic: whether held-out draws decide when training stops.
        verbose: as in `keras.Model.fit`.
    """

    epochs: int
    steps_per_epoch: int
    callbacks: list[keras.callbacks.Callback]
    automatic: bool = False
    verbose: int | str = "auto"

    @property
    def num_steps(self) -> int:
        """Steps of all epochs."""
        return self.epochs * self.steps_per_epoch


def check_fit_arguments(
    epochs: Any, steps_per_epoch: Any, callbacks: list | None, verbose: Any
) -> FitArguments:
    """Returns the arguments of `fit` as one value.

    Args:
        epochs: positive int, or `"auto"`.
        steps_per_epoch: positive int.
        callbacks: list of `keras.callbacks.Callback`, or `None`.
        verbose: as in `keras.Model.fit`.

    Raises:
        ValueError: if a number is not a positive integer.
        TypeError: if a callback is none.
    """
    automatic = isinstance(epochs, str) and epochs == "auto"
    epochs = MOST_EPOCHS if automatic else epochs
    check_positive_int("epochs", epochs)
    check_positive_int("steps_per_epoch", steps_per_epoch)
    return FitArguments(
        int(epochs),
        int(steps_per_epoch),
        _callback_list(callbacks),
        automatic,
        verbose,
    )


def _callback_list(callbacks):
    """Callbacks as Keras' `fit` takes them: one, or nested lists of them."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    found = [] if callbacks is None else keras.tree.flatten(callbacks)
    for callback in found:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                "`callbacks` must be a list of `keras.callbacks.Callback`. "
                f"Received: one of type {type(callback).__name__}"
            )
    return found


def join_labels(x: Any, y: Any) -> Any:
    """Returns the first two arguments of `fit` as one value.

    Args:
        x: the data.
        y: int array of labels, or `None` where the data bring them.

    Returns:
        The pair `(x, y)`, or `x` alone.

    Raises:
        ValueError: if there are labels beside data that bring theirs.
    """
    if y is None:
        return x
    if hasattr(x, "num_classes"):  # data of this package
        raise ValueError(
            "`y` must be None where `x` brings its labels. Received: x of "
            f"type {type(x).__name__} and y of type {type(y).__name__}"
        )
    return x, y


def refuse_arguments(given: dict[str, Any]) -> None:
    """Raises `TypeError` for arguments that a distillation cannot honour.

    Args:
        given: dict, arguments by name.
    """
    for name in given:
        if name in _REMEDIES:
            raise TypeError(
                f"`fit` of a distillation takes no `{name}`: "
                f"{_REMEDIES[name]}. Received: {name} of type "
                f"{type(given[name]).__name__}"
            )
        raise TypeError(
            "`fit` takes x, y, epochs, steps_per_epoch, callbacks and "
            f"verbose. Received: {name}={given[name]!r}"
        )


def refuse_losses(given: dict[str, Any]) -> None:
    """Takes losses and metrics out of the arguments of `compile`.

    Args:
        given: dict, arguments by name; names whose value is `None` go.

    Raises:
        TypeError: if one of them is given.
    """
    for name in ("loss", "loss_weights", "metrics", "weighted_metrics"):
        value = given.pop(name, None)
        if value is not None:
            raise TypeError(
                f"`compile` of a distillation takes no `{name}`: the trainer's "
                "`objective` and `constraint` are minimised, and metrics are "
                f"their losses. Received: {name}={value!r}"
            )
