import keras
import numpy as np
import pytest
from keras import ops
from support.graphs import assert_one_graph
from support.graphs import compiled_graphs
from support.networks import small_network
from support.networks import softmax_network
from support.summaries import summarize

import keras_tgdd
from keras_tgdd import DistillationTrainer
from keras_tgdd.distillation.step_source import StepSource
from keras_tgdd.distillation.summaries import SummaryPlan
from keras_tgdd.layers import SiameseAugmentation
from keras_tgdd.layers import SyntheticImages
from keras_tgdd.models import FrozenNetwork
from keras_tgdd.objectives import ClassMeanMatching
from keras_tgdd.runtime import compilation
from keras_tgdd.runtime import memory
from keras_tgdd.runtime.compilation import calls_compiled
from keras_tgdd.runtime.compilation import compiles_calls
from keras_tgdd.trajectories import Trajectory


def make(experts, data, images_per_class=1, factor=2, compiled="auto", **given):
    synthetic = SyntheticImages(3, images_per_class, (8, 8, 2), factor)
    synthetic.adapt(*data, seed=0)
    arguments = dict(samples_per_class=4, seed=5)
    trainer = DistillationTrainer(synthetic, experts, **{**arguments, **given})
    trainer.compile(jit_compile=compiled)
    return trainer


def pixels(trainer):
    return ops.convert_to_numpy(trainer.synthetic.images.value)


def fit(trainer, data, epochs=1, steps_per_epoch=5, **given):
    return trainer.fit(
        *data,
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
        verbose=0,
        **given,
    )


def test_losses_are_logged_apart_and_fall(experts, small_data):
    trainer = make(experts, small_data, region=1)
    trainer.compile(keras.optimizers.SGD(0.05), jit_compile=False)
    history = fit(trainer, small_data, epochs=6, steps_per_epoch=30).history
    assert set(history) == {"loss", "matching", "constraint"}
    np.testing.assert_allclose(
        history["loss"],
        np.array(history["matching"]) + 2.5 * np.array(history["constraint"]),
        rtol=1e-4,
    )
    assert np.mean(history["loss"][-2:]) < np.mean(history["loss"][:2])


def test_the_loss_is_the_sum_over_classes_of_both_parts(experts, small_data):
    """Recomputes one step by hand from the parts."""
    trainer = make(experts, small_data)
    generator = np.random.default_rng(0)
    x, y = small_data
    real = np.stack([x[y == label][:4] for label in range(3)])
    draw = trainer.augmentation.draw(generator, 3, (8, 8))
    stage, later = experts.weights(0, 1), experts.weights(0, 3)
    losses = trainer(
        {
            "augmentation": draw,
            "constraint_weights": later,
            "images": real,
            "weights": stage,
        }
    )
    loss = float(ops.convert_to_numpy(trainer.compute_loss(y_pred=losses)))

    decoded = ops.convert_to_numpy(trainer.synthetic())
    augment = SiameseAugmentation()
    expected = 0.0
    for label in range(3):
        own = {key: value[label : label + 1] for key, value in draw.items()}
        prepared = [
            augment(((images - experts.mean) / experts.std)[None], own)[0]
            for images in (real[label] / np.float32(255), decoded[label])
        ]
        features = [
            ops.convert_to_numpy(experts.network(stage, images)[0]).mean(0)
            for images in prepared
        ]
        expected += np.sum((features[0] - features[1]) ** 2)
        logits = ops.convert_to_numpy(experts.network(later, prepared[1])[1])
        logits = logits.astype("float64")
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        expected -= 2.5 * log_p[:, label].mean()
    assert loss == pytest.approx(expected, rel=1e-4)


def test_only_the_images_move(experts, small_data):
    before = [experts.weights(0, epoch).copy() for epoch in range(4)]
    held = experts.network.flat_weights()
    trainer = make(experts, small_data)
    start = pixels(trainer)
    fit(trainer, small_data)
    assert [w.path for w in trainer.trainable_weights] == [
        trainer.synthetic.images.path
    ]
    assert np.any(pixels(trainer) != start)
    for epoch, snapshot in enumerate(before):
        np.testing.assert_array_equal(experts.weights(0, epoch), snapshot)
    np.testing.assert_array_equal(experts.network.flat_weights(), held)


def test_pixels_stay_in_range(experts, small_data):
    trainer = make(experts, small_data)
    trainer.compile(keras.optimizers.SGD(50.0), jit_compile=False)
    fit(trainer, small_data)
    assert pixels(trainer).min() == 0.0 and pixels(trainer).max() == 1.0


def test_same_seed_same_run(experts, small_data):
    def run(seed):
        trainer = make(experts, small_data, seed=seed)
        fit(trainer, small_data)
        return pixels(trainer)

    np.testing.assert_array_equal(run(1), run(1))
    assert np.any(run(1) != run(2))


def test_two_fits_equal_one(experts, small_data):
    whole, parts = (make(experts, small_data) for _ in range(2))
    fit(whole, small_data, epochs=2, steps_per_epoch=3)
    fit(parts, small_data, epochs=1, steps_per_epoch=4)
    fit(parts, small_data, epochs=1, steps_per_epoch=2)
    assert whole.num_steps == parts.num_steps == 6
    np.testing.assert_allclose(pixels(whole), pixels(parts), atol=1e-6)


def test_compiled_steps_equal_eager_ones_and_compile_once(experts, small_data):
    eager = make(experts, small_data)
    compiled = make(experts, small_data, compiled=True)
    for trainer in (eager, compiled):
        fit(trainer, small_data)
    np.testing.assert_allclose(pixels(compiled), pixels(eager), atol=1e-5)
    graphs = compiled_graphs()
    fit(compiled, small_data)
    assert compiled_graphs() == graphs


def test_a_compiled_step_is_compiled_once(experts, small_data):
    """PyTorch would compile the second step anew for what Keras notes at the
    first: see `warm_up`."""
    before = compiled_graphs()
    trainer = make(experts, small_data, compiled=True)
    fit(trainer, small_data, steps_per_epoch=1)
    graphs = compiled_graphs()
    # Nothing but the call: neither the optimizer nor what builds the model.
    assert graphs - before == compiles_calls(True)
    fit(trainer, small_data, steps_per_epoch=2)
    assert compiled_graphs() == graphs
    assert calls_compiled(trainer) == compiles_calls(True)


@pytest.mark.skipif(
    not compiles_calls(True), reason="Keras compiles the whole step"
)
def test_a_long_fit_is_compiled_with_an_optimizer_of_ones_own(
    experts, small_data, monkeypatch
):
    """Keras resolves an open wish to a whole step that is not compiled."""
    trainer = make(experts, small_data)
    trainer.compile(keras.optimizers.SGD(0.1))
    source = StepSource(trainer, *small_data)
    for worth, wanted in ((10**12, False), (0, True)):
        monkeypatch.setattr(compilation, "_WORTH_COMPILING", worth)
        trainer._prepare(source, 1)
        assert calls_compiled(trainer) == wanted


@pytest.mark.parametrize("images_per_class", [2, (1, 2, 1)])
def test_a_step_is_one_graph(experts, small_data, images_per_class):
    trainer = make(experts, small_data, images_per_class=images_per_class)
    trainer.compile()
    assert_one_graph(trainer, *small_data)


def test_synthetic_images_are_subsampled_beyond_max_decoded(
    experts, small_data
):
    trainer = make(experts, small_data, images_per_class=5, max_decoded=8)
    start = pixels(trainer)
    fit(trainer, small_data, steps_per_epoch=1)
    moved = np.any(pixels(trainer) != start, axis=(2, 3, 4))
    assert moved.any() and pixels(trainer).shape == (3, 5, 8, 8, 2)


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return self.x[index::4], self.y[index::4]


def reordered(x, y):
    parts = [Batches(x, y)[index] for index in range(4)]
    return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))


def test_a_py_dataset_gives_the_same_as_its_arrays(experts, small_data):
    from_batches, from_arrays = (make(experts, small_data) for _ in range(2))
    fit(from_batches, (Batches(*small_data),))
    fit(from_arrays, reordered(*small_data))
    np.testing.assert_array_equal(pixels(from_batches), pixels(from_arrays))


def test_a_tf_dataset_gives_the_same_as_its_arrays(experts, small_data):
    tf = pytest.importorskip("tensorflow")
    dataset = tf.data.Dataset.from_tensor_slices(small_data).batch(7)
    from_dataset, from_arrays = (make(experts, small_data) for _ in range(2))
    fit(from_dataset, (dataset,))
    fit(from_arrays, small_data)
    np.testing.assert_array_equal(pixels(from_dataset), pixels(from_arrays))


@pytest.mark.parametrize("per_class, weight", [(1, 2.5), (10, 2.5), (50, 0.5)])
def test_the_papers_values_follow_the_images_per_class(
    experts, small_data, per_class, weight
):
    synthetic = SyntheticImages(3, per_class, (8, 8, 2))
    trainer = DistillationTrainer(synthetic, experts)
    trainer.compile()
    assert trainer.constraint_weight == weight
    assert trainer.region == 7 and trainer.samples_per_class == 128
    optimizer = trainer.optimizer
    assert optimizer.momentum == 0.5
    assert float(ops.convert_to_numpy(optimizer.learning_rate)) == (
        pytest.approx(0.01 * per_class)
    )


def test_without_constraint_only_features_are_matched(experts, small_data):
    trainer = make(experts, small_data, constraint=False)
    history = fit(trainer, small_data).history
    assert history["loss"] == pytest.approx(history["matching"])


def test_an_objective_and_optimizer_of_ones_own(experts, small_data):
    class FirstFeature(keras_tgdd.objectives.Objective):
        def summarize(self, features):
            return {"mean": ops.mean(features[..., :1], axis=1)}

        def compare(self, summary, features):
            gap = summary["mean"] - ops.mean(features[..., :1], axis=1)
            return ops.sum(ops.abs(gap), axis=-1)

    trainer = make(experts, small_data, objective=FirstFeature())
    trainer.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    history = fit(trainer, small_data).history
    assert np.isfinite(history["matching"][0])
    info = trainer.distilled_dataset().info
    assert info["objective"] == "FirstFeature"
    assert info["optimizer"]["name"] == "adam"


def test_a_network_with_batch_norm_and_softmax(small_data, tmp_path):
    experts = keras_tgdd.train_experts(
        softmax_network,
        *small_data,
        num_experts=1,
        epochs=2,
        directory=tmp_path,
        verbose=0,
    )
    trainer = make(experts, small_data)
    history = fit(trainer, small_data).history
    # Three classes: the cross-entropy of a guess is log 3 for each of them.
    assert 0.0 < history["constraint"][0] < 10 * 3 * np.log(3)


def test_mixed_precision_computes_the_network_alone_in_bfloat16(
    experts, small_data
):
    reference = make(experts, small_data)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = keras_tgdd.ExpertTrajectories.load(
            experts._readers[0].filepath.parent, small_network((8, 8, 2), 3)
        )
        trainer = make(half, small_data)
    finally:
        keras.config.set_dtype_policy("float32")
    assert trainer.synthetic.images.dtype == "float32"
    expected = fit(reference, small_data).history["loss"]
    actual = fit(trainer, small_data).history["loss"]
    np.testing.assert_allclose(actual, expected, rtol=0.03)


def test_distilled_dataset_carries_everything(experts, small_data, tmp_path):
    trainer = make(experts, small_data)
    fit(trainer, small_data)
    distilled = trainer.distilled_dataset()
    np.testing.assert_array_equal(distilled.images, pixels(trainer))
    assert distilled.class_names == ("dark", "medium", "bright")
    assert distilled.factor == 2
    np.testing.assert_array_equal(distilled.mean, experts.mean)
    assert distilled.info["steps"] == 5
    distilled.save(tmp_path / "d.safetensors")


class OneNetwork(Trajectory):
    """The same weights at every step."""

    def __init__(self, network_fn):
        self.network = FrozenNetwork(network_fn((8, 8, 2), 3))
        self.mean = self.std = np.ones(2, "float32")
        self.weights = self.network.flat_weights()

    def draw(self, generator, region):
        return self.weights, self.weights


def test_the_joint_step_equals_the_sequential_one(small_data):
    """Class after class on one shared tensor with momentum m is one joint
    step with momentum m^C and rate lr (1 - m^C) / (1 - m): the pixels of a
    class are the same whenever its gradient is taken."""
    trajectory = OneNetwork(small_network)
    x, y = small_data
    rate, m, num_classes, rounds = 1e-3, 0.5, 3, 4

    def make_trainer():
        trainer = make(trajectory, small_data, factor=1)
        # Mid-range pixels and a small rate: nothing is clipped.
        trainer.synthetic.images.assign(0.4 + 0.2 * pixels(trainer))
        return trainer

    joint = make_trainer()
    draw = joint.augmentation.draw(np.random.default_rng(0), 3, (8, 8))
    inputs = {
        "augmentation": draw,
        "constraint_weights": trajectory.weights,
        "images": np.stack([x[y == label][:4] for label in range(3)]),
        "weights": trajectory.weights,
    }

    plain = make_trainer()
    plain.compile(keras.optimizers.SGD(1e-3), jit_compile=False)

    def gradient(images):
        """The gradient at some pixels, from one plain step."""
        plain.synthetic.images.assign(images)
        plain.train_on_batch(inputs)
        return (images - pixels(plain)) / 1e-3

    joint.compile(
        keras.optimizers.SGD(
            rate * (1 - m**num_classes) / (1 - m), momentum=m**num_classes
        ),
        jit_compile=False,
    )
    sequential, velocity = pixels(joint).astype("float64"), 0.0
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
    assert np.abs(pixels(joint) - pixels(make_trainer())).max() > 1e-4


def test_parts_that_do_not_fit_are_refused(experts):
    for synthetic, message in [
        (SyntheticImages(3, 1, (16, 16, 2)), r"\(16, 16, 2\).*\(8, 8, 2\)"),
        (SyntheticImages(4, 1, (8, 8, 2)), "number of classes.*4 and 3"),
    ]:
        with pytest.raises(ValueError, match=message):
            DistillationTrainer(synthetic, experts)


@pytest.mark.parametrize("name", ["region", "samples_per_class", "max_decoded"])
def test_numbers_out_of_range_are_refused(experts, name):
    synthetic = SyntheticImages(3, 1, (8, 8, 2))
    with pytest.raises(ValueError, match=f"`{name}` must be a positive"):
        DistillationTrainer(synthetic, experts, **{name: 0})


def test_bad_data_are_refused_before_a_step_is_made(experts, small_data):
    trainer = make(experts, small_data)
    x, y = small_data
    start = pixels(trainer)
    for data, message in [
        ((x[:, :4], y), "must have shape"),
        ((x, y + 1), "must lie in"),
        ((x[y != 1], y[y != 1]), "no images of class"),
        ((x, y[1:]), "one label an image"),
    ]:
        with pytest.raises(ValueError, match=message):
            fit(trainer, data)
    np.testing.assert_array_equal(pixels(trainer), start)


def test_summaries_stand_in_for_the_data(experts, small_data, tmp_path):
    """One entry: each step equals the live one with the same draw."""
    summaries = summarize(experts, small_data, tmp_path, plan=1)
    cached = make(experts, small_data, region=1)
    start = pixels(cached)
    cached.compile(keras.optimizers.SGD(0.01), jit_compile=False)
    history = cached.fit(summaries, steps_per_epoch=1, verbose=0).history

    draw, summary = summaries.entry(0)
    live = make(experts, small_data, region=1)
    x, y = small_data
    # A class at a time, since live classes must have the same size.
    matching = []
    for label in range(3):
        real = np.stack([x[y == label]] * 3)
        losses = live(
            {
                "augmentation": draw,
                "images": real,
                "weights": experts.weights(
                    summaries.experts[0], summaries.stages[0]
                ),
            }
        )
        matching.append(ops.convert_to_numpy(losses["matching"])[label])
    assert history["matching"][0] == pytest.approx(sum(matching), rel=1e-4)
    assert np.any(pixels(cached) != start)


def test_summaries_serve_any_number_of_images(experts, small_data, tmp_path):
    summaries = summarize(experts, small_data, tmp_path)
    for changes in (
        {"images_per_class": 3, "factor": 1},
        {"constraint_weight": 0.0, "region": 2},
        {"images_per_class": 4, "max_decoded": 5},
    ):
        trainer = make(experts, small_data, **changes)
        history = trainer.fit(summaries, steps_per_epoch=3, verbose=0).history
        assert np.isfinite(history["loss"][0])
        assert trainer.num_steps == 3


def test_summaries_of_other_parts_are_refused(experts, small_data, tmp_path):
    summaries = summarize(experts, small_data, tmp_path)
    one = keras_tgdd.ExpertTrajectories(experts._readers[:1])
    flips = keras_tgdd.layers.SiameseAugmentation(("flip",))
    for trainer, message in [
        (make(one, small_data), "experts: summarized with"),
        (make(experts, small_data, augmentation=flips), "augmentation: summ"),
    ]:
        start = pixels(trainer)
        with pytest.raises(ValueError, match=message):
            trainer.fit(summaries, verbose=0)
        np.testing.assert_array_equal(pixels(trainer), start)
    with pytest.raises(ValueError, match="`y` must be None"):
        make(experts, small_data).fit(summaries, small_data[1])


def test_one_snapshot_is_read_once(experts, small_data):
    """With a region of one stage, extractor and expert are the same."""
    twice = make(experts, small_data, region=1)
    once = make(experts, small_data, region=1)
    assert once.networks_in_step == 1
    assert make(experts, small_data).networks_in_step == 2
    weights = experts.weights(0, 2)
    x, y = small_data
    inputs = {
        "augmentation": once.augmentation.draw(
            np.random.default_rng(0), 3, (8, 8)
        ),
        "images": np.stack([x[y == label][:4] for label in range(3)]),
        "weights": weights,
    }
    one = once(inputs)
    two = twice({**inputs, "constraint_weights": weights})
    for key in ("matching", "constraint"):
        np.testing.assert_allclose(
            ops.convert_to_numpy(one[key]),
            ops.convert_to_numpy(two[key]),
            rtol=1e-5,
        )


@pytest.mark.parametrize("compiled", [False, True])
def test_cutting_over_classes_changes_nothing(experts, small_data, compiled):
    whole = make(experts, small_data)
    assert whole.classes_per_chunk == 3
    cut = make(experts, small_data, compiled=compiled, classes_per_chunk=2)
    fit(whole, small_data)
    fit(cut, small_data)
    np.testing.assert_allclose(pixels(cut), pixels(whole), atol=2e-5)
    if compiles_calls(compiled):
        assert not cut.jit_compile  # its chunks are compiled instead
        assert not calls_compiled(cut)


def test_a_step_that_would_not_fit_is_cut(experts, small_data, monkeypatch):
    of_class = experts.network.activation_bytes * 8
    for most, classes in [(3, 3), (2, 1)]:
        monkeypatch.setattr(memory, "MOST_BYTES", most * of_class)
        trainer = make(experts, small_data)
        assert trainer.classes_per_chunk == classes, most


@pytest.mark.parametrize("cached", [False, True])
def test_auto_stops_when_held_out_draws_no_longer_improve(
    experts, small_data, tmp_path, cached
):
    trainer = make(experts, small_data)
    trainer.compile(keras.optimizers.SGD(0.2), jit_compile=False)
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
            fit(two, small_data, steps_per_epoch=4)
        return
    fit(one, small_data, steps_per_epoch=4)
    fit(two, small_data, steps_per_epoch=4)
    np.testing.assert_allclose(pixels(two), pixels(one), atol=1e-6)


class Scaled(Trajectory):
    """The experts, with the constraint weighed by a factor."""

    scales_constraint = True

    def __init__(self, experts, scale):
        self.experts, self.scale = experts, scale
        self.network, self.class_names = experts.network, None
        self.mean, self.std = experts.mean, experts.std

    def draw(self, generator, region):
        return *self.experts.draw(generator, region), self.scale


@pytest.mark.parametrize("compiled", [False, "auto"])
def test_a_scale_of_the_constraint_is_a_weight_of_it(
    experts, small_data, compiled
):
    scaled = make(
        Scaled(experts, 0.5), small_data, compiled=compiled, constraint_weight=2
    )
    plain = make(experts, small_data, compiled=compiled, constraint_weight=1)
    for trainer in (scaled, plain):
        fit(trainer, small_data)
    np.testing.assert_allclose(pixels(scaled), pixels(plain), atol=1e-5)


class Halved(ClassMeanMatching):
    """Class means that are halved on the host, with a constant."""

    needs_summaries = True

    def build(self, feature_sizes):
        self.sizes = feature_sizes

    def finish(self, summary):
        assert isinstance(summary["mean"], np.ndarray)
        assert summary["mean"].shape[1] == sum(self.sizes)
        return {**summary, "mean": summary["mean"] / 2}


def test_an_objective_may_complete_its_summaries_on_the_host(
    experts, small_data, tmp_path
):
    two = experts.reading([experts.network.network.layers[1].name, "features"])
    assert len(two.network.feature_sizes) == 2
    given = dict(plan=3, directory=tmp_path, verbose=0)
    halved = two.summarize(*small_data, Halved(), **given)
    whole = two.summarize(*small_data, ClassMeanMatching(), **given)
    np.testing.assert_allclose(
        2 * halved.values["mean"], whole.values["mean"], rtol=1e-6
    )
    trainer = make(two, small_data, objective=Halved())
    assert np.isfinite(fit(trainer, [halved]).history["loss"][0])
    with pytest.raises(ValueError, match="experts: summarized with"):
        fit(make(experts, small_data, objective=Halved()), [halved])


def test_fit_makes_the_summaries_that_an_objective_needs(
    experts, small_data, tmp_path
):
    objective = Halved()
    objective.summary_plan = SummaryPlan(2, snapshots=(-1,))
    live = make(experts, small_data, objective=objective)
    fit(live, small_data)
    made = experts.summarize(
        *small_data,
        objective,
        samples_per_class=None,
        directory=tmp_path,
        verbose=0,
    )
    assert len(made) == 2 and set(made.stages.tolist()) == {3}
    given = make(experts, small_data, objective=objective)
    fit(given, [made])
    np.testing.assert_array_equal(pixels(live), pixels(given))
    trainer = make(Scaled(experts, 1.0), small_data, objective=objective)
    with pytest.raises(ValueError, match="Halved works from summaries"):
        fit(trainer, small_data)
