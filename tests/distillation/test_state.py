import keras
import numpy as np
import pytest
from support.distillations import make
from support.distillations import make_steps
from support.distillations import pixels

from keras_tgdd.distillation.state import DistillationState
from keras_tgdd.distillation.state import steps_made


def state_of(trainer):
    trainer.optimizer.build(trainer.trainable_variables)
    return DistillationState(trainer.synthetic, trainer.optimizer)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_state_takes_a_distillation_back(experts, small_data, optimizer):
    if optimizer == "sgd":
        optimizer = keras.optimizers.SGD(0.05, momentum=0.5)
    trainer = make(experts, small_data, optimizer=optimizer)
    make_steps(trainer, small_data, 2)
    state = state_of(trainer)
    kept, middle = state.read(), pixels(trainer)
    np.testing.assert_array_equal(kept["images"], middle)
    make_steps(trainer, small_data, 3)
    end = pixels(trainer)
    assert state.steps_made == 5 and np.any(end != middle)
    # What was read is a copy.
    np.testing.assert_array_equal(kept["images"], middle)
    state.write(kept.__getitem__)
    assert state.steps_made == steps_made(trainer.optimizer) == 2
    np.testing.assert_array_equal(pixels(trainer), middle)
    make_steps(trainer, small_data, 3)
    np.testing.assert_array_equal(pixels(trainer), end)


def test_names_are_those_of_checkpoints(experts, small_data):
    trainer = make(experts, small_data, optimizer="adam")
    found = state_of(trainer).read()
    variables = trainer.optimizer.variables
    assert set(found) == {
        "images",
        *(f"optimizer_{number:04d}" for number in range(len(variables))),
    }
    shapes = [found[f"optimizer_{n:04d}"].shape for n in range(len(variables))]
    assert shapes == [tuple(variable.shape) for variable in variables]
