"""A distillation of a parameterisation that is not pixels."""

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image
from safetensors.numpy import load_file
from support.crashes import Crash
from support.crashes import Stop
from support.distillations import fit
from support.distillations import make_steps
from support.own_parts import Sketches

import keras_tgdd
from keras_tgdd import DistillationCheckpoint
from keras_tgdd import DistillationTrainer
from keras_tgdd import DistilledDataset
from keras_tgdd import ImageGrid
from keras_tgdd.objectives import ClassMeanMatching


def make(experts, images_per_class=2, optimizer="sgd", seed=0, **changes):
    synthetic = Sketches(3, images_per_class, (8, 8, 2))
    synthetic.adapt(seed=seed)
    trainer = DistillationTrainer(
        synthetic, experts, samples_per_class=4, **changes
    )
    if optimizer == "sgd":
        optimizer = keras.optimizers.SGD(0.1, momentum=0.5)
    trainer.compile(optimizer)
    return trainer


def values(trainer):
    synthetic = trainer.synthetic
    return {
        name: ops.convert_to_numpy(variable.value).copy()
        for name, variable in synthetic.state.items()
    }


def assert_same(first, second):
    assert first.keys() == second.keys()
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name])


def test_all_of_its_variables_move_and_none_but_they(experts, small_data):
    trainer = make(experts)
    start = values(trainer)
    assert set(start) == {"lines", "gain"}
    history = make_steps(trainer, small_data, 3).history
    assert set(history) == {"loss", "matching", "constraint"}
    assert {weight.name for weight in trainer.trainable_weights} == set(start)
    for name, value in values(trainer).items():
        assert np.abs(value - start[name]).max() > 1e-5, name


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("steps", [3, 8])
def test_it_resumes_bit_for_bit(
    experts, small_data, tmp_path, optimizer, steps
):
    path = tmp_path / "state.safetensors"
    whole, begun, again = (make(experts, optimizer=optimizer) for _ in "123")
    fit(whole, small_data)
    with pytest.raises(Stop):
        checkpoint = DistillationCheckpoint(path, seconds=0)
        fit(begun, small_data, checkpoint, Crash(steps))
    stored = load_file(path)
    assert {"lines", "gain", "optimizer_0000"} <= set(stored)
    assert "images" not in stored
    fit(again, small_data, DistillationCheckpoint(path))
    assert again.num_steps == 12
    assert_same(values(again), values(whole))


def test_another_start_is_another_distillation(experts, small_data, tmp_path):
    path = tmp_path / "state.safetensors"
    fit(make(experts), small_data, DistillationCheckpoint(path))
    with pytest.raises(ValueError, match="start: stored"):
        fit(make(experts, seed=1), small_data, DistillationCheckpoint(path))
    pixels = keras_tgdd.layers.SyntheticImages(3, 2, (8, 8, 2), factor=1)
    other = DistillationTrainer(pixels, experts, samples_per_class=4)
    with pytest.raises(ValueError, match="parameterization.*|factor: stored"):
        fit(other, small_data, DistillationCheckpoint(path))


class Failing(ClassMeanMatching):
    """Not a number for class 1."""

    def compare(self, summary, features):
        factor = ops.convert_to_tensor([1.0, np.nan, 1.0], "float32")
        return super().compare(summary, features) * factor


def test_it_is_guarded_against_nan(experts, small_data):
    trainer = make(experts, objective=Failing())
    before = values(trainer)
    # The gain is shared, so all classes fail with it.
    message = r"failed at step 1, .*in class 0 \(dark\), 1 \(medium\), 2 \(br"
    with pytest.raises(FloatingPointError, match=message):
        make_steps(trainer, small_data, 2)
    assert_same(values(trainer), before)
    assert trainer.num_steps == 0


def test_a_class_that_is_no_number_is_named(experts, small_data):
    trainer = make(experts)
    lines = values(trainer)["lines"]
    lines[2, 1, 0, 0, 0] = np.nan
    trainer.synthetic.lines.assign(lines)
    with pytest.raises(FloatingPointError, match=r"in class 2 \(bright\)$"):
        make_steps(trainer, small_data, 1)


def test_pictures_show_what_it_decodes_to(experts, small_data, tmp_path):
    trainer = make(experts)
    grid = ImageGrid(tmp_path / "pictures", every=2)
    make_steps(trainer, small_data, 4, grid)
    names = sorted(path.name for path in grid.directory.iterdir())
    assert names == [f"step_{n:06d}.png" for n in (0, 2, 4)]
    images = ops.convert_to_numpy(trainer.synthetic())
    DistilledDataset(images, class_names=("dark", "medium", "bright")).to_grid(
        tmp_path / "expected.png"
    )
    found, expected = (
        np.asarray(Image.open(path).convert("RGB"))
        for path in (grid.directory / names[-1], tmp_path / "expected.png")
    )
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("images_per_class", [2, (1, 2, 1)])
def test_its_set_holds_the_images_it_decodes_to(
    experts, small_data, tmp_path, images_per_class
):
    trainer = make(experts, images_per_class)
    make_steps(trainer, small_data, 2)
    trainer.distilled_dataset().save(tmp_path / "d.safetensors")
    distilled = DistilledDataset.load(tmp_path / "d.safetensors")
    assert distilled.factor == 1 and distilled.info["steps"] == 2
    assert distilled.images_per_class == images_per_class
    images = ops.convert_to_numpy(trainer.synthetic())
    for label in range(3):
        stored = distilled.class_images(label)
        np.testing.assert_array_equal(stored, images[label, : len(stored)])


def test_an_estimate_takes_all_of_it_back(experts, small_data):
    trainer = make(experts, optimizer="adam")
    before = values(trainer)
    estimate = trainer.estimate(*small_data, steps=10)
    assert_same(values(trainer), before)
    assert trainer.num_steps == 0
    # Lines and gain, twice more in Adam; the step number and the rate.
    numbers = 3 * (3 * 2 * 128 + 1)
    assert 4 * numbers < estimate.checkpoint_bytes < 4 * numbers + 32
