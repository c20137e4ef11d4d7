import keras
import numpy as np
import pytest
from keras import ops

from keras_tgdd.runtime.model_state import keeping_state

on_jax = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="no other backend loses values"
)


class Failure(Exception):
    pass


@pytest.fixture
def model():
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.BatchNormalization()]
    )
    model.compile("adam", loss="mse", metrics=["mae"])
    model.fit(np.eye(2), np.ones((2, 2)), epochs=1, verbose=0)
    return model


def variables(model):
    found = [
        *model.variables,
        *model.optimizer.variables,
        *model.metrics_variables,
    ]
    return list({id(variable): variable for variable in found}.values())


def values(model):
    return [np.array(ops.convert_to_numpy(v.value)) for v in variables(model)]


def lose(model):
    """Takes all values away, as a compiled step on JAX does."""
    for variable in variables(model):
        variable._value = None


def assert_same(first, second):
    for left, right in zip(first, second, strict=True):
        np.testing.assert_array_equal(left, right)


@on_jax
@pytest.mark.parametrize("error", [Failure, KeyboardInterrupt])
def test_values_that_an_error_lost_are_restored(model, error):
    before = values(model)
    assert any(np.any(value) for value in before)
    with pytest.raises(error):
        with keeping_state(model):
            lose(model)
            raise error
    assert_same(values(model), before)
    model.fit(np.eye(2), np.ones((2, 2)), epochs=1, verbose=0)
    assert any(
        np.any(new != old)
        for new, old in zip(values(model), before, strict=True)
    )


def test_later_values_are_kept_at_an_error(model):
    with pytest.raises(Failure):
        with keeping_state(model):
            model.fit(np.eye(2), np.ones((2, 2)), epochs=1, verbose=0)
            later = values(model)
            raise Failure
    assert_same(values(model), later)


def test_without_an_error_nothing_is_touched(model):
    with keeping_state(model):
        for variable in model.trainable_variables:
            variable.assign(ops.full(variable.shape, 7.0))
        later = values(model)
    assert_same(values(model), later)


@on_jax
def test_a_model_that_is_not_compiled_has_fewer_variables():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    before = [ops.convert_to_numpy(v.value).copy() for v in model.variables]
    with pytest.raises(Failure):
        with keeping_state(model):
            for variable in model.variables:
                variable._value = None
            raise Failure
    assert_same(
        [ops.convert_to_numpy(v.value) for v in model.variables], before
    )


@on_jax
def test_variables_without_a_value_stay_without(model):
    variable = model.trainable_variables[0]
    kept, variable._value = variable._value, None
    with pytest.raises(Failure):
        with keeping_state(model):
            raise Failure
    assert variable._value is None
    variable._value = kept
