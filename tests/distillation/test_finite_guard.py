import keras
import numpy as np
import pytest
from keras import ops

import keras_tgdd
from keras_tgdd.distillation.step_source import StepSource
from keras_tgdd.objectives import ClassMeanMatching


class Failing(ClassMeanMatching):
    """Not a number for one class."""

    def __init__(self, label):
        super().__init__()
        self.label = label

    def compare(self, summary, features):
        factor = np.where(np.arange(3) == self.label, np.nan, 1.0)
        factor = ops.convert_to_tensor(factor, "float32")
        return super().compare(summary, features) * factor


def make(experts, data, objective=None, rate=0.1):
    synthetic = keras_tgdd.layers.SyntheticImages(3, 1, (8, 8, 2), factor=2)
    synthetic.adapt(*data, seed=0)
    trainer = keras_tgdd.DistillationTrainer(
        synthetic, experts, objective, samples_per_class=4, seed=5
    )
    trainer.compile(keras.optimizers.SGD(rate))
    return trainer


def pixels(trainer):
    return ops.convert_to_numpy(trainer.synthetic.images.value)


def fit(trainer, data, steps):
    return trainer.fit(*data, steps_per_epoch=steps, verbose=0)


def test_names_step_class_and_stage_and_takes_images_back(experts, small_data):
    trainer = make(experts, small_data)
    fit(trainer, small_data, 3)
    before = pixels(trainer)
    trainer.objective = Failing(label=1)
    trainer.make_train_function(force=True)  # the step is another one
    message = (
        r"failed at step 4, expert \d, snapshot \d; the images are back at "
        r"step 3.*in class 1 \(medium\)"
    )
    with pytest.raises(FloatingPointError, match=message):
        fit(trainer, small_data, 5)
    np.testing.assert_array_equal(pixels(trainer), before)
    assert trainer.num_steps == 3


def test_a_training_that_is_finite_is_left_alone(experts, small_data):
    trainer = make(experts, small_data)
    fit(trainer, small_data, 5)
    assert trainer.num_steps == 5 and np.all(np.isfinite(pixels(trainer)))


def test_refuses_images_that_are_no_numbers(experts, small_data):
    trainer = make(experts, small_data)
    images = pixels(trainer).copy()
    images[2, 0, 0, 0, 0] = np.inf
    trainer.synthetic.images.assign(images)
    with pytest.raises(FloatingPointError, match=r"in class 2 \(bright\)"):
        fit(trainer, small_data, 1)


def test_the_stage_is_that_of_the_step(experts, small_data, tmp_path):
    trainer = make(experts, small_data)
    summaries = experts.summarize(
        *small_data, plan=8, directory=tmp_path, verbose=0
    )
    for source in (
        StepSource(trainer, *small_data),
        StepSource(trainer, summaries),
    ):
        for step in range(6):
            batches = source.steps(step, 1)
            _, expert, _, stage = batches.describe(0).replace(",", "").split()
            np.testing.assert_array_equal(
                batches[0][0]["weights"],
                experts.weights(int(expert), int(stage)),
            )
