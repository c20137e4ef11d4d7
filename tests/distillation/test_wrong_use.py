"""What users do by mistake with a trainer is refused in words."""

import copy

import keras
import pytest
from keras import ops
from support.distillations import make

import keras_tgdd
from keras_tgdd.layers import SyntheticImages
from keras_tgdd.objectives import ClassMeanMatching


def checkpointed(trainer, data, path, steps):
    checkpoint = keras_tgdd.DistillationCheckpoint(path, seconds=0)
    return trainer.fit(
        *data, steps_per_epoch=steps, callbacks=checkpoint, verbose=0
    )


def test_another_optimizer_does_not_resume_the_state_of_the_first(
    experts, small_data, tmp_path
):
    trainer = make(experts, small_data)
    checkpointed(trainer, small_data, tmp_path / "a", 2)
    trainer.compile(keras.optimizers.SGD(0.5))
    with pytest.raises(ValueError, match="another distillation.*optimizer"):
        checkpointed(trainer, small_data, tmp_path / "a", 4)
    # A file of its own names the start that the steps really had.
    checkpointed(trainer, small_data, tmp_path / "b", 1)
    fresh = make(experts, small_data)
    fresh.compile(keras.optimizers.SGD(0.5))
    with pytest.raises(ValueError, match="another distillation.*start"):
        checkpointed(fresh, small_data, tmp_path / "b", 2)


def test_other_data_do_not_resume_the_state_of_the_first(
    experts, small_data, tmp_path
):
    x, y = small_data
    trainer = make(experts, small_data)
    checkpointed(trainer, small_data, tmp_path / "a", 2)
    with pytest.raises(ValueError, match="another distillation.*data"):
        checkpointed(trainer, (255 - x, y), tmp_path / "a", 4)


class Scalar(ClassMeanMatching):
    """Forgets that there is a loss for each class."""

    def compare(self, summary, features):
        return ops.sum(super().compare(summary, features))


def test_a_loss_for_all_classes_together_is_refused(experts, small_data):
    synthetic = SyntheticImages(3, 1, (8, 8, 2))
    synthetic.adapt(*small_data)
    trainer = keras_tgdd.DistillationTrainer(synthetic, experts, Scalar())
    with pytest.raises(ValueError, match="one value per class.*Scalar"):
        trainer.fit(*small_data, steps_per_epoch=1, verbose=0)
    trainer.distilled_dataset()


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"objective": ClassMeanMatching}, "`objective` must be a `Obj"),
        ({"objective": "class_mean"}, "`objective` must be a `Objective`"),
        ({"trajectory": "experts"}, "`trajectory` must be a `Trajectory`"),
        ({"synthetic": 3}, "`synthetic` must be a `Parameterization`"),
        ({"augmentation": ("crop",)}, "`augmentation` must be a `Siam"),
    ],
)
def test_parts_of_another_kind_are_refused(
    experts, small_data, changes, message
):
    parts = make(experts, small_data).parts
    given = {
        "synthetic": parts.synthetic,
        "trajectory": experts,
        "objective": None,
        **changes,
    }
    with pytest.raises(TypeError, match=message):
        keras_tgdd.DistillationTrainer(**given)


def test_callbacks_come_as_keras_takes_them(experts, small_data, tmp_path):
    trainer = make(experts, small_data)
    log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    trainer.fit(*small_data, steps_per_epoch=1, callbacks=log, verbose=0)
    nested = [[keras.callbacks.CSVLogger(tmp_path / "nested.csv")]]
    trainer.fit(*small_data, steps_per_epoch=1, callbacks=nested, verbose=0)
    assert (tmp_path / "log.csv").is_file()
    assert (tmp_path / "nested.csv").is_file()
    with pytest.raises(TypeError, match="Received: one of type str"):
        trainer.fit(*small_data, steps_per_epoch=1, callbacks="state")


def test_a_trainer_is_not_copied(experts, small_data):
    trainer = make(experts, small_data)
    with pytest.raises(TypeError, match="neither copied nor cloned"):
        keras.models.clone_model(trainer)
    with pytest.raises(TypeError, match="neither copied nor cloned"):
        copy.deepcopy(trainer)


def test_experts_of_other_classes_are_named(experts, small_data):
    x, y = small_data
    data = keras_tgdd.datasets.from_arrays(x[y < 2], y[y < 2])
    with pytest.raises(ValueError, match="Images and experts.*classes"):
        keras_tgdd.methods.TGDD().build(data, experts, 1)


@pytest.mark.parametrize("kind", ["name", "network"])
def test_a_network_is_given_as_a_function(small_data, tmp_path, kind):
    network = "ConvNet"
    if kind == "network":
        network = keras_tgdd.models.ConvNet((8, 8, 2), 3, width=2)
    for method in ("tgdd", "dm"):
        with pytest.raises(TypeError, match="`network` must be a function"):
            keras_tgdd.distill(
                small_data, 1, method, network=network, steps=1, verbose=0
            )


def test_settings_given_as_lists_are_values_too():
    method = keras_tgdd.methods.TGDD(augmentation=["color", ["crop", "flip"]])
    assert method.augmentation == ("color", ("crop", "flip"))
    assert hash(method) == hash(method.replace())
    with pytest.raises(ValueError, match="`momentum` must be a finite"):
        keras_tgdd.methods.TGDD(momentum="x")
