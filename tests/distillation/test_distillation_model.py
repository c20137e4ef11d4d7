"""Whatever is called, the synthetic images survive."""

import keras
import numpy as np
import pytest
from keras import ops
from support.crashes import Crash
from support.crashes import Stop
from support.distillations import fit
from support.distillations import make
from support.distillations import make_steps
from support.distillations import pixels

from keras_tgdd import DistillationCheckpoint
from keras_tgdd import Summaries
from keras_tgdd.distillation import FeatureStep
from keras_tgdd.distillation.summaries.summarize import describe_parts

# What does not apply, the error, and a part of its message.
REFUSED = {
    "evaluate": (
        lambda t, x, y, path: t.evaluate(x, y),
        TypeError,
        r"keras_tgdd.evaluate\(trainer.distilled_dataset\(\)",
    ),
    "evaluate of nothing": (
        lambda t, x, y, path: t.evaluate(),
        TypeError,
        "Received: x of type NoneType",
    ),
    "predict": (
        lambda t, x, y, path: t.predict(x),
        TypeError,
        "A trainer does not classify images",
    ),
    "predict_on_batch": (
        lambda t, x, y, path: t.predict_on_batch(x),
        TypeError,
        "A trainer does not classify images",
    ),
    "test_on_batch": (
        lambda t, x, y, path: t.test_on_batch(x, y),
        TypeError,
        "A trainer does not classify images",
    ),
    "train_on_batch": (
        lambda t, x, y, path: t.train_on_batch(x, y),
        TypeError,
        r"Use `fit\(x, y, steps_per_epoch=1\)`",
    ),
    "save": (
        lambda t, x, y, path: t.save(path / "t.keras"),
        TypeError,
        "DistillationCheckpoint",
    ),
    "save_model": (
        lambda t, x, y, path: keras.saving.save_model(t, path / "t.keras"),
        TypeError,
        "A trainer has no config.*DistillationCheckpoint",
    ),
    "export": (
        lambda t, x, y, path: t.export(path / "t"),
        TypeError,
        r"distilled_dataset\(\).save",
    ),
    "get_config": (
        lambda t, x, y, path: t.get_config(),
        TypeError,
        "A trainer has no config.*DistillationCheckpoint",
    ),
    "to_json": (
        lambda t, x, y, path: t.to_json(),
        TypeError,
        "A trainer has no config.*DistillationCheckpoint",
    ),
    "serialize_keras_object": (
        lambda t, x, y, path: keras.saving.serialize_keras_object(t),
        TypeError,
        "A trainer has no config.*DistillationCheckpoint",
    ),
    "clone_model": (
        lambda t, x, y, path: keras.models.clone_model(t),
        TypeError,
        "A trainer has no config.*DistillationCheckpoint",
    ),
    "fit of nothing": (
        lambda t, x, y, path: t.fit(),
        TypeError,
        "Received: NoneType",
    ),
    "fit without labels": (
        lambda t, x, y, path: t.fit(x),
        TypeError,
        r"pass the pair \(x, y\)",
    ),
    "fit of no epochs": (
        lambda t, x, y, path: t.fit(x, y, epochs=0),
        ValueError,
        "`epochs` must be a positive",
    ),
    "fit in batches": (
        lambda t, x, y, path: t.fit(x, y, batch_size=3),
        TypeError,
        "takes no `batch_size`",
    ),
    "fit of other images": (
        lambda t, x, y, path: t.fit(x[:, 1:], y, verbose=0),
        ValueError,
        "same image shape",
    ),
    "fit of NaN": (
        lambda t, x, y, path: t.fit(x * np.nan, y, verbose=0),
        ValueError,
        "must not hold NaN",
    ),
    "fit with two checkpoints": (
        lambda t, x, y, path: make_steps(
            t, (x, y), 3, *[DistillationCheckpoint(path / "s")] * 2
        ),
        ValueError,
        "Received: 2 of them",
    ),
    "estimate of no steps": (
        lambda t, x, y, path: t.estimate(x, y, steps=0),
        ValueError,
        "`steps` must be a positive",
    ),
    "compile with a loss": (
        lambda t, x, y, path: t.compile("sgd", loss="mse"),
        TypeError,
        "takes no `loss`",
    ),
}

# What begins a step and fails in it, or just before it, and the error.
FAILING = {
    "train_on_batch of wrong inputs": (
        lambda t, x, y, path: t.train_on_batch({"images": x}),
        Exception,
    ),
    "fit of damaged summaries": (
        lambda t, x, y, path: t.fit(damaged(t), verbose=0),
        Exception,
    ),
    "fit with a failing callback": (
        lambda t, x, y, path: make_steps(t, (x, y), 3, Crash(0)),
        Stop,
    ),
    "fit with no callback": (
        lambda t, x, y, path: make_steps(t, (x, y), 3, "progress"),
        Exception,
    ),
}


def damaged(trainer):
    """Summaries whose values have lost an axis, found within the step."""
    experts = trainer.parts.trajectory
    draw = trainer.parts.augmentation.draw(np.random.default_rng(0), 3, (8, 8))
    description = {
        "data": ["none"],
        "experts": experts.fingerprint(),
        "num_classes": 3,
        **describe_parts(trainer.parts.objective, trainer.parts.augmentation),
    }
    return Summaries(
        np.zeros(1),
        np.zeros(1),
        {key: value[None] for key, value in draw.items()},
        {"mean": np.zeros((1, 3, 5), "float32")},
        description,
    )


@pytest.fixture(scope="module")
def twins(experts, small_data):
    """A trainer to call, and one that is left alone, after two steps."""
    trainers = [make(experts, small_data) for _ in range(2)]
    for trainer in trainers:
        make_steps(trainer, small_data, 2)
    return trainers


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_apply_is_refused_and_images_survive(
    twins, small_data, tmp_path, name
):
    call, error, message = REFUSED[name]
    trainer, undisturbed = twins
    steps, before = trainer.num_steps, pixels(trainer)
    with pytest.raises(error, match=message):
        call(trainer, *small_data, tmp_path)
    np.testing.assert_array_equal(pixels(trainer), before)
    distilled = trainer.distilled_dataset()
    np.testing.assert_array_equal(distilled.images, before)
    assert distilled.info["steps"] == trainer.num_steps == steps
    if name != "save_model":  # it opens the file first
        assert not list(tmp_path.iterdir())
    for each in twins:
        make_steps(each, small_data, 1)
    np.testing.assert_array_equal(pixels(trainer), pixels(undisturbed))
    assert trainer.num_steps == steps + 1


@pytest.mark.parametrize("name", FAILING)
@pytest.mark.parametrize("steps", [0, 2], ids=["fresh", "fitted"])
def test_images_survive_what_fails(
    experts, small_data, tmp_path, whole, name, steps
):
    call, error = FAILING[name]
    trainer = make(experts, small_data)
    if steps:
        make_steps(trainer, small_data, steps)
    before = pixels(trainer)
    with pytest.raises(error):
        call(trainer, *small_data, tmp_path)
    np.testing.assert_array_equal(pixels(trainer), before)
    distilled = trainer.distilled_dataset()
    np.testing.assert_array_equal(distilled.images, before)
    assert distilled.info["steps"] == trainer.num_steps == steps
    make_steps(trainer, small_data, 4 - steps)
    assert trainer.num_steps == 4
    np.testing.assert_allclose(pixels(trainer), whole, atol=1e-6)


@pytest.fixture(scope="module")
def whole(experts, small_data):
    """The images after four undisturbed steps."""
    trainer = make(experts, small_data)
    make_steps(trainer, small_data, 4)
    return pixels(trainer)


class Fragile(FeatureStep):
    """Fails within the call, which is compiled, while `broken` is set."""

    broken = False

    def losses(self, inputs):
        if type(self).broken:
            raise RuntimeError("within the step")
        return super().losses(inputs)


@pytest.mark.parametrize("steps", [0, 2], ids=["fresh", "fitted"])
@pytest.mark.parametrize("call", ["fit", "estimate", "train_on_batch"])
def test_images_survive_an_error_within_a_step(
    experts, small_data, whole, monkeypatch, call, steps
):
    trainer = make(experts, small_data, step=Fragile)
    if steps:
        make_steps(trainer, small_data, steps)
    before = pixels(trainer)
    monkeypatch.setattr(Fragile, "broken", True)
    trainer.make_train_function(force=True)  # the step is another one
    calls = {
        "fit": lambda: make_steps(trainer, small_data, 3),
        "estimate": lambda: trainer.estimate(*small_data),
        "train_on_batch": lambda: trainer.train_on_batch(
            trainer.step.source(small_data).steps(steps, 1)[0][0]
        ),
    }
    with pytest.raises(Exception, match="within the step"):
        calls[call]()
    np.testing.assert_array_equal(pixels(trainer), before)
    assert trainer.num_steps == steps
    np.testing.assert_array_equal(trainer.distilled_dataset().images, before)
    monkeypatch.setattr(Fragile, "broken", False)
    trainer.make_train_function(force=True)
    make_steps(trainer, small_data, 4 - steps)
    np.testing.assert_allclose(pixels(trainer), whole, atol=1e-6)


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("epochs", [1, 3])
def test_a_callback_that_fails_after_a_step_leaves_a_whole_state(
    experts, small_data, steps, epochs
):
    """Images, optimizer and step number are of one step, whichever."""
    trainer = make(experts, small_data)
    arguments = {"epochs": epochs, "steps_per_epoch": 3 // epochs}
    with pytest.raises(Stop):
        fit(trainer, small_data, Crash(steps, after=True), **arguments)
    made = trainer.num_steps
    assert made in range(steps + 1)
    reference = make(experts, small_data)
    if made:
        make_steps(reference, small_data, made)
    np.testing.assert_allclose(pixels(trainer), pixels(reference), atol=1e-6)
    for each in (trainer, reference):
        make_steps(each, small_data, 3)
    assert trainer.num_steps == made + 3
    np.testing.assert_allclose(pixels(trainer), pixels(reference), atol=1e-6)


def test_a_step_of_its_own_inputs_is_made(experts, small_data):
    trainer, reference = (make(experts, small_data) for _ in range(2))
    make_steps(reference, small_data, 1)
    trainer.optimizer.build(trainer.trainable_variables)
    (inputs,) = trainer.step.source(small_data).steps(0, 1)[0]
    trainer.train_on_batch(inputs)
    assert trainer.num_steps == 1
    np.testing.assert_allclose(pixels(trainer), pixels(reference), atol=1e-6)


def test_model_checkpoint_of_whole_models_is_refused(
    experts, small_data, tmp_path
):
    path = tmp_path / "whole.keras"
    checkpoint = keras.callbacks.ModelCheckpoint(path)
    trainer = make(experts, small_data)
    with pytest.raises(TypeError, match="A trainer is not saved as a Keras"):
        make_steps(trainer, small_data, 2, checkpoint)
    assert trainer.num_steps == 2 and not path.exists()
    reference = make(experts, small_data)
    make_steps(reference, small_data, 2)
    np.testing.assert_array_equal(pixels(trainer), pixels(reference))


def test_the_losses_of_held_out_steps_can_be_asked_for(experts, small_data):
    """As Keras' `fit` does; losses are the mean over the steps."""
    trainer = make(experts, small_data)
    make_steps(trainer, small_data, 1)
    start = pixels(trainer)
    held_out = trainer.step.source(small_data).held_out()
    found = trainer.evaluate(held_out, verbose=0, return_dict=True)
    expected = np.zeros(2)
    for index in range(len(held_out)):
        (inputs,) = held_out[index]
        losses = trainer(inputs)
        expected += [
            float(ops.convert_to_numpy(ops.sum(losses[name])))
            for name in ("matching", "constraint")
        ]
    expected /= len(held_out)
    assert found["matching"] == pytest.approx(expected[0], rel=1e-4)
    assert found["constraint"] == pytest.approx(expected[1], rel=1e-4)
    np.testing.assert_array_equal(pixels(trainer), start)
