import keras
import numpy as np
import pytest
from keras import ops
from support.distillations import fit
from support.distillations import make
from support.distillations import make_steps
from support.distillations import pixels
from support.distillations import real_images
from support.graphs import compiled_graphs
from support.networks import small_network
from support.summaries import summarize

import keras_tgdd
from keras_tgdd import DistillationTrainer
from keras_tgdd import DistilledDataset
from keras_tgdd.layers import SyntheticImages
from keras_tgdd.models import FrozenNetwork
from keras_tgdd.runtime import compilation
from keras_tgdd.runtime.compilation import calls_compiled
from keras_tgdd.runtime.compilation import compiles_calls
from keras_tgdd.trajectories import Trajectory
from keras_tgdd.trajectories.trajectory import NetworkDraw


def test_losses_are_logged_apart_and_fall(experts, small_data):
    trainer = make(
        experts, small_data, region=1, optimizer=keras.optimizers.SGD(0.05)
    )
    history = fit(trainer, small_data, epochs=6, steps_per_epoch=30).history
    assert set(history) == {"loss", "matching", "constraint"}
    np.testing.assert_allclose(
        history["loss"],
        np.array(history["matching"]) + 2.5 * np.array(history["constraint"]),
        rtol=1e-4,
    )
    assert np.mean(history["loss"][-2:]) < np.mean(history["loss"][:2])


def test_only_the_images_move(experts, small_data):
    before = [experts.weights(0, snapshot).copy() for snapshot in range(4)]
    held = experts.network.flat_weights()
    trainer = make(experts, small_data)
    start = pixels(trainer)
    make_steps(trainer, small_data)
    assert [w.path for w in trainer.trainable_weights] == [
        trainer.synthetic.images.path
    ]
    assert np.any(pixels(trainer) != start)
    for snapshot, weights in enumerate(before):
        np.testing.assert_array_equal(experts.weights(0, snapshot), weights)
    np.testing.assert_array_equal(experts.network.flat_weights(), held)


def test_pixels_stay_in_range(experts, small_data):
    trainer = make(experts, small_data, optimizer=keras.optimizers.SGD(50.0))
    make_steps(trainer, small_data)
    assert pixels(trainer).min() == 0.0 and pixels(trainer).max() == 1.0


def test_same_seed_same_run(experts, small_data):
    def run(seed):
        trainer = make(experts, small_data, seed=seed)
        make_steps(trainer, small_data)
        return pixels(trainer)

    first = run(1)
    np.testing.assert_array_equal(run(1), first)
    assert np.any(run(2) != first)


def test_two_fits_equal_one(experts, small_data):
    whole, parts = (make(experts, small_data) for _ in range(2))
    assert whole.num_steps == 0
    fit(whole, small_data, epochs=2, steps_per_epoch=3)
    make_steps(parts, small_data, 4)
    make_steps(parts, small_data, 2)
    assert whole.num_steps == parts.num_steps == 6
    np.testing.assert_allclose(pixels(whole), pixels(parts), atol=1e-6)


def test_compiled_steps_equal_eager_ones_and_compile_once(experts, small_data):
    eager = make(experts, small_data, jit_compile=False)
    compiled = make(experts, small_data, jit_compile=True)
    start = pixels(eager)
    for trainer in (eager, compiled):
        make_steps(trainer, small_data)
    assert np.abs(pixels(eager) - start).max() > 1e-3
    np.testing.assert_allclose(pixels(compiled), pixels(eager), atol=1e-5)
    graphs = compiled_graphs()
    make_steps(compiled, small_data)
    assert compiled_graphs() == graphs


def test_a_compiled_step_is_compiled_once(experts, small_data):
    """PyTorch would compile the second step again for what Keras notes at the
    first: see `warm_up`."""
    before = compiled_graphs()
    trainer = make(experts, small_data, jit_compile=True)
    make_steps(trainer, small_data, 1)
    graphs = compiled_graphs()
    # Nothing but the call: neither the optimizer nor what builds the model.
    assert graphs - before == compiles_calls(True)
    make_steps(trainer, small_data, 2)
    assert compiled_graphs() == graphs
    assert calls_compiled(trainer) == compiles_calls(True)


@pytest.mark.skipif(
    not compiles_calls(True), reason="Keras compiles the whole step"
)
def test_a_long_fit_is_compiled_with_a_users_optimizer(
    experts, small_data, monkeypatch
):
    """Keras resolves an open wish to a whole step that is not compiled."""
    trainer = make(experts, small_data, optimizer=keras.optimizers.SGD(0.1))
    source = trainer.step.source(small_data)
    for worth, wanted in ((10**12, False), (0, True)):
        monkeypatch.setattr(compilation, "_WORTH_COMPILING", worth)
        trainer._prepare(source, 1)
        assert calls_compiled(trainer) == wanted


@pytest.mark.parametrize("per_class", [1, 10, 50])
@pytest.mark.parametrize("side, rate", [(8, 0.01), (128, 0.1)])
def test_the_optimizer_is_that_of_the_paper(per_class, side, rate):
    synthetic = SyntheticImages(3, (1, per_class, 1), (side, side, 1))
    trainer = DistillationTrainer(synthetic, OneNetwork((side, side, 1)))
    assert trainer.num_steps == 0  # before it is compiled, too
    trainer.compile()
    optimizer = trainer.optimizer
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert optimizer.momentum == 0.5 and not optimizer.nesterov
    assert float(ops.convert_to_numpy(optimizer.learning_rate)) == (
        pytest.approx(rate * per_class)
    )


def test_a_distilled_set_carries_everything(experts, small_data, tmp_path):
    trainer = make(experts, small_data, images_per_class=2)
    make_steps(trainer, small_data)
    path = tmp_path / "d.safetensors"
    trainer.distilled_dataset().save(path)
    distilled = DistilledDataset.load(path)
    np.testing.assert_array_equal(distilled.images, pixels(trainer))
    assert distilled.labels.tolist() == [[0, 0], [1, 1], [2, 2]]
    assert distilled.class_names == ("dark", "medium", "bright")
    assert distilled.factor == 2
    assert distilled.normalization == experts.normalization
    assert distilled.info == trainer.distilled_dataset().info
    assert distilled.info["steps"] == 5
    decoded, _ = distilled.to_numpy()
    np.testing.assert_allclose(
        decoded.reshape((3, 8, 8, 8, 2)),
        ops.convert_to_numpy(trainer.synthetic()),
        atol=1e-6,
    )


class OneNetwork(Trajectory):
    """The same weights at every step."""

    class_names = None

    def __init__(self, image_shape=(8, 8, 2)):
        self.network = FrozenNetwork(small_network(image_shape, 3))
        self.normalization = keras_tgdd.Normalization(1.0, 1.0).for_channels(
            image_shape[-1]
        )
        self.weights = self.network.flat_weights()

    def draw(self, generator, region):
        return NetworkDraw(self.weights, self.weights)


def test_the_joint_step_equals_the_sequential_one(small_data):
    """Class after class on one shared tensor with momentum m is one joint
    step with momentum m^C and rate lr (1 - m^C) / (1 - m): the pixels of a
    class are the same whenever its gradient is taken."""
    trajectory = OneNetwork()
    rate, m, num_classes, rounds = 1e-3, 0.5, 3, 4

    def make_trainer(learning_rate, momentum=0.0):
        trainer = make(
            trajectory,
            small_data,
            factor=1,
            optimizer=keras.optimizers.SGD(learning_rate, momentum),
            jit_compile=False,
        )
        # Mid-range pixels and a small rate: nothing is clipped.
        trainer.synthetic.images.assign(0.4 + 0.2 * pixels(trainer))
        return trainer

    joint = make_trainer(
        rate * (1 - m**num_classes) / (1 - m), momentum=m**num_classes
    )
    start = pixels(joint)
    draw = joint.parts.augmentation.draw(np.random.default_rng(0), 3, (8, 8))
    inputs = {
        "augmentation": draw,
        "constraint_weights": trajectory.weights,
        "images": real_images(small_data),
        "weights": trajectory.weights,
    }
    plain = make_trainer(1e-3)

    def gradient(images):
        """The gradient at some pixels, from one plain step."""
        plain.synthetic.images.assign(images)
        plain.train_on_batch(inputs)
        return (images - pixels(plain)) / 1e-3

    sequential, velocity = start.astype("float64"), 0.0
    for _ in range(rounds):
        at_joint = pixels(joint)
        for label in range(num_classes):
            # This class is now where the joint step has it.
            np.testing.assert_allclose(
                sequential[label], at_joint[label], atol=2e-6
            )
            own = np.zeros_like(sequential)
            own[label] = gradient(sequential.astype("float32"))[label]
            velocity = m * velocity + own
            sequential = sequential - rate * velocity
        joint.train_on_batch(inputs)
    assert np.abs(pixels(joint) - start).max() > 1e-4


@pytest.mark.parametrize("cached", [False, True])
def test_auto_stops_when_held_out_draws_no_longer_improve(
    experts, small_data, tmp_path, cached
):
    trainer = make(experts, small_data, optimizer=keras.optimizers.SGD(0.2))
    data = small_data
    if cached:
        data = (summarize(experts, small_data, tmp_path, plan=12),)
    history = fit(trainer, data, epochs="auto", steps_per_epoch=4).history
    watched = history["val_loss"]
    best = int(np.argmin(watched))
    assert len(watched) == best + 1 + 3 or len(watched) == 100
    assert watched[best] < watched[0]
    assert set(history) >= {"val_matching", "val_constraint"}


def test_several_steps_a_dispatch_are_the_same_steps(experts, small_data):
    one = make(experts, small_data)
    two = make(experts, small_data)
    two.compile(jit_compile=False, steps_per_execution=2)
    if keras.backend.backend() == "torch":
        with pytest.raises(ValueError, match="steps_per_execution"):
            make_steps(two, small_data, 4)
        return
    make_steps(one, small_data, 4)
    make_steps(two, small_data, 4)
    np.testing.assert_allclose(pixels(two), pixels(one), atol=1e-6)
