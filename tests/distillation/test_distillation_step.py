"""A step of a user's own: other losses, from inputs of its own."""

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
from support.own_parts import PixelStep

from keras_tgdd import DistillationCheckpoint
from keras_tgdd.distillation import DistillationStep


def make_own(experts, data, images_per_class=1, **changes):
    given = {"step": PixelStep, "optimizer": keras.optimizers.SGD(0.05)}
    return make(experts, data, images_per_class, 1, **{**given, **changes})


def target(trainer, data, number):
    return trainer.step.source(data).steps(number, 1)[0][0]["target"]


def test_its_losses_are_metrics_and_are_minimised(experts, small_data):
    """Plain descent on `Σ (x - target)² + 0.25 Σ (x - 0.5)²`, by hand."""
    trainer = make_own(experts, small_data)
    assert isinstance(trainer.step, PixelStep)
    expected = pixels(trainer).astype("float64")
    for number in range(4):
        aim = target(trainer, small_data, number)[:, None]
        pull = np.sum((expected - aim) ** 2)
        grey = np.sum((expected - 0.5) ** 2)
        history = make_steps(trainer, small_data, 1).history
        assert set(history) == {"loss", "pull", "grey"}
        assert history["pull"] == [pytest.approx(pull, rel=1e-4)]
        assert history["grey"] == [pytest.approx(grey, rel=1e-4)]
        assert history["loss"] == [pytest.approx(pull + grey / 4, rel=1e-4)]
        gradient = 2 * (expected - aim) + 0.5 * (expected - 0.5)
        expected = np.clip(expected - 0.05 * gradient, 0.0, 1.0)
        np.testing.assert_allclose(pixels(trainer), expected, atol=1e-5)


def test_an_image_that_is_repeated_in_a_step_moves_once(experts, small_data):
    """Class 0 gives its one image twice, and its loss counts half."""
    few = make_own(experts, small_data, (1, 2, 2))
    full = make_own(experts, small_data, 2)
    start = pixels(few)
    full.synthetic.images.assign(start)
    for trainer in (few, full):
        make_steps(trainer, small_data, 1)
    np.testing.assert_allclose(pixels(few)[1:], pixels(full)[1:], atol=1e-6)
    np.testing.assert_allclose(pixels(few)[0, 0], pixels(full)[0, 0], atol=1e-6)
    assert np.abs(pixels(few)[0, 0] - start[0, 0]).max() > 1e-3
    np.testing.assert_array_equal(pixels(few)[0, 1], 0.5)  # an empty place


@pytest.mark.parametrize("steps", [2, 6])
def test_it_resumes_bit_for_bit(experts, small_data, tmp_path, steps):
    path = tmp_path / "state.safetensors"
    whole, begun, again = (
        make_own(experts, small_data, optimizer=keras.optimizers.SGD(0.05, 0.5))
        for _ in range(3)
    )
    fit(whole, small_data)
    with pytest.raises(Stop):
        checkpoint = DistillationCheckpoint(path, seconds=0)
        fit(begun, small_data, checkpoint, Crash(steps))
    fit(again, small_data, DistillationCheckpoint(path))
    assert again.num_steps == 12
    np.testing.assert_array_equal(pixels(again), pixels(whole))
    x, y = small_data
    with pytest.raises(ValueError, match="data: stored"):
        other = make_own(experts, small_data)
        fit(other, (x[::-1], y[::-1]), DistillationCheckpoint(path))


def test_held_out_draws_decide_when_it_ends(experts, small_data):
    trainer = make_own(experts, small_data)
    history = fit(trainer, small_data, epochs="auto", steps_per_epoch=3).history
    assert {"val_loss", "val_pull", "val_grey"} <= set(history)
    watched = history["val_loss"]
    best = int(np.argmin(watched))
    assert len(watched) in (best + 4, 100)
    assert watched[best] < watched[0]
    # The best images are restored: held-out losses are those of the best.
    loss = 0.0
    held_out = trainer.step.source(small_data).held_out()
    for index in range(len(held_out)):
        losses = trainer(held_out[index][0])
        loss += float(ops.convert_to_numpy(sum(map(ops.sum, losses.values()))))
        loss -= 0.75 * float(ops.convert_to_numpy(ops.sum(losses["grey"])))
    assert loss / 2 == pytest.approx(watched[best], rel=1e-3)


def test_failing_steps_are_named_by_its_batches(experts, small_data):
    class Failing(PixelStep):
        def losses(self, inputs):
            losses = super().losses(inputs)
            factor = ops.where(ops.max(inputs["target"]) > worst, np.nan, 1.0)
            return {**losses, "pull": losses["pull"] * factor}

    probe = make_own(experts, small_data)
    brightest = [target(probe, small_data, n).max() for n in range(8)]
    # The first step whose target is brighter than all before it.
    number = next(n for n in range(1, 8) if brightest[n] > max(brightest[:n]))
    worst = np.float32(max(brightest[:number]))
    trainer = make_own(experts, small_data, step=Failing)
    message = f"failed at step {number + 1}, target {number}; the images are"
    with pytest.raises(FloatingPointError, match=message):
        make_steps(trainer, small_data, 8)
    assert trainer.num_steps == 0
    np.testing.assert_array_equal(pixels(trainer), pixels(probe))


def test_a_loss_may_be_left_out_of_a_step(experts, small_data):
    class Lonely(PixelStep):
        def losses(self, inputs):
            return {"pull": super().losses(inputs)["pull"]}

    trainer = make_own(experts, small_data, step=Lonely)
    history = make_steps(trainer, small_data, 2).history
    assert history["grey"] == [0.0]
    assert history["loss"] == pytest.approx(history["pull"], rel=1e-5)
    assert history["pull"][0] > 0


def test_the_base_says_what_must_be_written():
    class Nothing(DistillationStep):
        pass

    with pytest.raises(TypeError, match="abstract.*losses.*source"):
        Nothing(None)


def test_work_is_counted_by_the_images_that_networks_read(experts, small_data):
    trainer = make_own(experts, small_data, 2)
    source = trainer.step.source(small_data)
    # By default: two networks of two synthetic images, one real one.
    assert trainer.step.pixels(source) == 3 * (2 * 2 + 1) * 64
    assert not trainer.step.compile_parts()
