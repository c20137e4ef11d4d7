import keras
import numpy as np
import pytest
from keras import ops
from support import distillations
from support.distillations import make_steps
from support.distillations import pixels
from support.summaries import summarize

from keras_tgdd.objectives import ClassMeanMatching


class Failing(ClassMeanMatching):
    """Not a number for one class, once its label is set."""

    label = None

    def compare(self, summary, features):
        factor = np.where(np.arange(3) == self.label, np.nan, 1.0)
        factor = ops.convert_to_tensor(factor, "float32")
        return super().compare(summary, features) * factor


def make(experts, data, **changes):
    optimizer = keras.optimizers.SGD(0.1)
    return distillations.make(experts, data, optimizer=optimizer, **changes)


def test_names_step_class_and_stage_and_takes_images_back(experts, small_data):
    objective = Failing()
    trainer = make(experts, small_data, objective=objective)
    make_steps(trainer, small_data, 3)
    before = pixels(trainer)
    objective.label = 1
    trainer.make_train_function(force=True)  # the step is another one
    message = (
        r"failed at step 4, expert \d, snapshot \d; the images are back at "
        r"step 3.*in class 1 \(medium\)"
    )
    with pytest.raises(FloatingPointError, match=message):
        make_steps(trainer, small_data, 5)
    np.testing.assert_array_equal(pixels(trainer), before)
    assert trainer.num_steps == 3


def test_a_training_that_is_finite_is_left_alone(experts, small_data):
    trainer = make(experts, small_data)
    make_steps(trainer, small_data, 5)
    assert trainer.num_steps == 5 and np.all(np.isfinite(pixels(trainer)))


def test_refuses_images_that_are_no_numbers(experts, small_data):
    trainer = make(experts, small_data)
    images = pixels(trainer).copy()
    images[2, 0, 0, 0, 0] = np.inf
    trainer.synthetic.images.assign(images)
    with pytest.raises(FloatingPointError, match=r"in class 2 \(bright\)"):
        make_steps(trainer, small_data, 1)


def test_the_stage_is_that_of_the_step(experts, small_data, tmp_path):
    trainer = make(experts, small_data)
    summaries = summarize(experts, small_data, tmp_path, plan=8)
    for source in map(trainer.step.source, (small_data, summaries)):
        for step in range(6):
            batches = source.steps(step, 1)
            _, expert, _, stage = batches.describe(0).replace(",", "").split()
            np.testing.assert_array_equal(
                batches[0][0]["weights"],
                experts.weights(int(expert), int(stage)),
            )
