import keras
import numpy as np
import pytest
from keras import ops
from support.distillations import make
from support.distillations import make_steps
from support.distillations import pixels
from support.distillations import real_images
from support.graphs import assert_one_graph
from support.networks import small_network
from support.networks import softmax_network
from support.step_oracle import expected_losses
from support.step_oracle import features_of_class

import keras_tgdd
from keras_tgdd.objectives import Objective
from keras_tgdd.runtime.compilation import calls_compiled
from keras_tgdd.runtime.compilation import compiles_calls
from keras_tgdd.trajectories import Trajectory


def step_inputs(experts, data, **changes):
    """The inputs of a step: stage 1, and stage 3 for the constraint."""
    augmentation = keras_tgdd.layers.SiameseAugmentation()
    return {
        "augmentation": augmentation.draw(np.random.default_rng(0), 3, (8, 8)),
        "constraint_weights": experts.weights(0, 3),
        "images": real_images(data),
        "weights": experts.weights(0, 1),
        **changes,
    }


def to_numpy(losses):
    return {name: ops.convert_to_numpy(loss) for name, loss in losses.items()}


def total(trainer, losses):
    return float(ops.convert_to_numpy(trainer.compute_loss(y_pred=losses)))


def assert_losses(trainer, experts, inputs, softmax=False):
    decoded = ops.convert_to_numpy(trainer.synthetic())
    losses = trainer(inputs)
    found = to_numpy(losses)
    matching, constraint = expected_losses(experts, inputs, decoded, softmax)
    np.testing.assert_allclose(found["matching"], matching, rtol=1e-4)
    np.testing.assert_allclose(found["constraint"], constraint, rtol=1e-4)
    weight = trainer.parts.constraint_weight
    assert total(trainer, losses) == pytest.approx(
        matching.sum() + weight * constraint.sum(), rel=1e-4
    )


@pytest.mark.parametrize("weight", [None, 0.75])
def test_the_losses_are_those_of_the_paper(experts, small_data, weight):
    """Class means under a stage, the cross-entropy under a later one."""
    trainer = make(experts, small_data, 2, constraint_weight=weight)
    assert_losses(trainer, experts, step_inputs(experts, small_data))


def test_a_network_with_batch_norm_and_softmax(small_data, tmp_path):
    experts = keras_tgdd.train_experts(
        small_data,
        softmax_network,
        num_experts=1,
        epochs=3,
        directory=tmp_path,
        verbose=0,
    )
    trainer = make(experts, small_data)
    assert_losses(
        trainer, experts, step_inputs(experts, small_data), softmax=True
    )
    start = pixels(trainer)
    make_steps(trainer, small_data)
    assert np.any(pixels(trainer) != start)


def test_without_constraint_only_features_are_matched(experts, small_data):
    inputs = step_inputs(experts, small_data)
    for changes in ({"constraint": None}, {"constraint_weight": 0.0}):
        trainer = make(experts, small_data, **changes)
        assert set(trainer(inputs)) == {"matching"}
        history = make_steps(trainer, small_data).history
        assert history["loss"] == pytest.approx(history["matching"])


def test_a_constraint_sees_classes_and_knows_what_outputs_are(
    experts, small_data, tmp_path
):
    seen = []

    def largest_output(outputs, from_logits):
        seen.append((tuple(outputs.shape), from_logits))
        return ops.max(outputs, axis=(1, 2))

    trainer = make(experts, small_data, 2, constraint=largest_output)
    inputs = step_inputs(experts, small_data)
    found = to_numpy(trainer(inputs))["constraint"]
    decoded = ops.convert_to_numpy(trainer.synthetic())
    for label in range(3):
        _, outputs = features_of_class(
            experts,
            inputs["constraint_weights"],
            decoded[label],
            inputs["augmentation"],
            label,
        )
        assert found[label] == pytest.approx(outputs.max(), rel=1e-4)
    assert seen == [((3, 8, 3), True)]
    softmax = keras_tgdd.train_experts(
        small_data,
        softmax_network,
        num_experts=1,
        epochs=3,
        directory=tmp_path,
        verbose=0,
    )
    trainer = make(softmax, small_data, 2, constraint=largest_output)
    trainer(step_inputs(softmax, small_data))
    assert seen[1:] == [((3, 8, 3), False)]


def test_a_users_objective_and_optimizer(experts, small_data):
    class FirstFeature(Objective):
        def summarize(self, features):
            return {"mean": ops.mean(features[..., :1], axis=1)}

        def compare(self, summary, features):
            gap = summary["mean"] - ops.mean(features[..., :1], axis=1)
            return ops.sum(ops.abs(gap), axis=-1)

    trainer = make(
        experts,
        small_data,
        objective=FirstFeature(),
        optimizer=keras.optimizers.Adam(0.01),
    )
    inputs = step_inputs(experts, small_data)
    found = to_numpy(trainer(inputs))["matching"]
    decoded = ops.convert_to_numpy(trainer.synthetic())
    for label in range(3):
        means = [
            features_of_class(
                experts,
                inputs["weights"],
                images[label],
                inputs["augmentation"],
                label,
            )[0].mean(axis=0)
            for images in (inputs["images"], decoded)
        ]
        gap = abs(means[0][0] - means[1][0])
        assert found[label] == pytest.approx(gap, rel=1e-3)
    start = pixels(trainer)
    make_steps(trainer, small_data, 1)
    # A first step of Adam moves every pixel with a gradient by its rate.
    assert np.abs(pixels(trainer) - start).max() == pytest.approx(0.01, 1e-2)
    info = trainer.distilled_dataset().info
    assert info["objective"] == "FirstFeature"
    assert info["optimizer"]["name"] == "adam"


def test_one_snapshot_is_read_once(experts, small_data):
    """With a region of one stage, extractor and expert are the same."""
    trainer = make(experts, small_data, region=1)
    (inputs,) = trainer.step.source(small_data).steps(0, 1)[0]
    assert "constraint_weights" not in inputs
    one = to_numpy(trainer(inputs))
    inputs["constraint_weights"] = inputs["weights"]
    two = to_numpy(trainer(inputs))
    for name in ("matching", "constraint"):
        np.testing.assert_allclose(one[name], two[name], rtol=1e-5)


def test_a_step_reads_the_decoded_images_that_are_selected_alone(
    experts, small_data
):
    trainer = make(
        experts,
        small_data,
        images_per_class=5,
        max_decoded=8,
        optimizer=keras.optimizers.SGD(10.0),
    )
    (inputs,) = trainer.step.source(small_data).steps(0, 1)[0]
    selected = np.zeros((3, 20), bool)
    for row, chosen in zip(selected, inputs["selection"], strict=True):
        row[chosen] = True
    assert selected.sum(axis=1).tolist() == [8, 8, 8]
    start = pixels(trainer)
    make_steps(trainer, small_data, 1)
    # Image, row of tiles, pixel, column of tiles, pixel, channel.
    tiles = (pixels(trainer) != start).reshape((3, 5, 2, 4, 2, 4, 2))
    moved = tiles.any(axis=(3, 5, 6)).reshape((3, 20))
    np.testing.assert_array_equal(moved, selected)


def test_mixed_precision_computes_the_network_alone_in_bfloat16(
    experts, small_data
):
    reference = make(experts, small_data)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = keras_tgdd.ExpertTrajectories.load(
            experts.directory, small_network((8, 8, 2), 3)
        )
        trainer = make(half, small_data)
    finally:
        keras.config.set_dtype_policy("float32")
    assert trainer.synthetic.images.dtype == "float32"
    expected = make_steps(reference, small_data).history["loss"]
    actual = make_steps(trainer, small_data).history["loss"]
    assert actual != expected
    np.testing.assert_allclose(actual, expected, rtol=0.03)


@pytest.mark.parametrize("compiled", [None, True])
def test_cutting_over_classes_changes_nothing(experts, small_data, compiled):
    whole = make(experts, small_data)
    assert whole.parts.synthetic_chunk == 3
    cut = make(experts, small_data, jit_compile=compiled, classes_per_chunk=2)
    start = pixels(cut)
    make_steps(whole, small_data)
    make_steps(cut, small_data)
    assert np.abs(pixels(cut) - start).max() > 1e-4
    np.testing.assert_allclose(pixels(cut), pixels(whole), atol=2e-5)
    if compiles_calls(compiled):
        assert not cut.jit_compile  # its chunks are compiled instead
        assert not calls_compiled(cut)


@pytest.mark.parametrize("images_per_class", [2, (1, 2, 1)])
def test_a_step_is_one_graph(experts, small_data, images_per_class):
    trainer = make(experts, small_data, images_per_class)
    assert_one_graph(trainer, *small_data)


class Scaled(Trajectory):
    """The experts, with the constraint scaled by a factor."""

    scales_constraint = True

    def __init__(self, experts, scale):
        self.experts, self.scale = experts, scale
        self.network, self.class_names = experts.network, None
        self.normalization = experts.normalization

    def draw(self, generator, region):
        drawn = self.experts.draw(generator, region)
        return drawn._replace(constraint_scale=self.scale)


@pytest.mark.parametrize("compiled", [False, None])
def test_a_scale_of_the_constraint_is_a_weight_of_it(
    experts, small_data, compiled
):
    scaled = make(
        Scaled(experts, 0.5),
        small_data,
        jit_compile=compiled,
        constraint_weight=2,
    )
    plain, unscaled = (
        make(experts, small_data, jit_compile=compiled, constraint_weight=w)
        for w in (1, 2)
    )
    for trainer in (scaled, plain, unscaled):
        make_steps(trainer, small_data)
    np.testing.assert_allclose(pixels(scaled), pixels(plain), atol=1e-5)
    assert np.abs(pixels(scaled) - pixels(unscaled)).max() > 1e-4
