import inspect

import keras
import numpy as np
import pytest
from support.distillations import make
from support.distillations import pixels

from keras_tgdd import DistillationTrainer
from keras_tgdd.distillation.fit_arguments import FitArguments
from keras_tgdd.distillation.fit_arguments import check_fit_arguments
from keras_tgdd.distillation.fit_arguments import join_labels

TAKEN = set(inspect.signature(DistillationTrainer.fit).parameters)
REFUSED = [
    name
    for name in inspect.signature(keras.Model.fit).parameters
    if name not in TAKEN
]


def test_arguments_of_keras_are_taken_or_refused():
    """What Keras adds needs a decision, and words for it."""
    assert set(REFUSED) >= {
        "batch_size",
        "class_weight",
        "initial_epoch",
        "sample_weight",
        "shuffle",
        "validation_batch_size",
        "validation_data",
        "validation_freq",
        "validation_split",
        "validation_steps",
    }
    assert TAKEN == {
        *("self", "x", "y", "epochs", "steps_per_epoch"),
        *("callbacks", "verbose", "unsupported"),
    }


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("value", [None, 2])
def test_each_is_refused_by_name_with_a_remedy(
    experts, small_data, name, value
):
    trainer = make(experts, small_data)
    start = pixels(trainer)
    received = f"Received: {name} of type {type(value).__name__}"
    message = rf"takes no `{name}`: \S+ \S+.*{received}"
    with pytest.raises(TypeError, match=message):
        trainer.fit(*small_data, **{name: value})
    np.testing.assert_array_equal(pixels(trainer), start)


def test_a_word_that_keras_does_not_know_is_refused_too(experts, small_data):
    trainer = make(experts, small_data)
    message = "`fit` takes x, y, epochs, .*Received: iterations=5"
    with pytest.raises(TypeError, match=message):
        trainer.fit(*small_data, iterations=5)


@pytest.mark.parametrize(
    "name, value",
    [
        ("loss", "mse"),
        ("loss", keras.losses.MeanSquaredError()),
        ("loss_weights", [1.0]),
        ("metrics", ["accuracy"]),
        ("weighted_metrics", ["accuracy"]),
    ],
)
def test_losses_and_metrics_are_refused(experts, small_data, name, value):
    trainer = make(experts, small_data, optimizer=keras.optimizers.SGD(0.125))
    with pytest.raises(TypeError, match=f"`compile` of a .* takes no `{name}`"):
        trainer.compile("adam", **{name: value})
    # The former optimizer stays.
    assert isinstance(trainer.optimizer, keras.optimizers.SGD)
    trainer.compile("adam", **{name: None})
    assert isinstance(trainer.optimizer, keras.optimizers.Adam)


@pytest.mark.parametrize("name", ["epochs", "steps_per_epoch"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, None, "all"])
def test_numbers_of_steps_are_positive(name, value):
    given = {"epochs": 1, "steps_per_epoch": 1, name: value}
    with pytest.raises(ValueError, match=f"`{name}` must be a positive"):
        check_fit_arguments(**given, callbacks=None, verbose=0)


def test_auto_is_many_epochs():
    found = check_fit_arguments("auto", 4, None, 0)
    assert found == FitArguments(100, 4, [], automatic=True, verbose=0)
    assert found.num_steps == 400
    callbacks = (keras.callbacks.History(),)
    found = check_fit_arguments(np.int64(2), 4, callbacks, "auto")
    assert found == FitArguments(2, 4, list(callbacks))
    assert type(found.epochs) is int


def test_labels_join_arrays_alone():
    x, y = np.zeros((2, 4, 4, 1)), np.arange(2)
    assert join_labels(x, None) is x
    assert join_labels(x, y) == (x, y)

    class Labelled:
        num_classes = 3

    assert isinstance(join_labels(Labelled(), None), Labelled)
    with pytest.raises(ValueError, match="`y` must be None.*Labelled"):
        join_labels(Labelled(), y)
