"""Each method has the constants, schedule and parts of its paper."""

import dataclasses
import json

import keras
import numpy as np
import pytest
from keras import ops
from support.distillations import pixels

import keras_tgdd
from keras_tgdd import methods
from keras_tgdd.layers.siamese_augmentation import STRATEGIES
from keras_tgdd.trajectories import InterpolatedExperts
from keras_tgdd.trajectories import NetworkQueue
from keras_tgdd.trajectories import RandomNetworks

NAMES = methods.method_names()
# Values of another kind than the defaults, for the round trip.
CHANGED = {
    "factor": 1,
    "start": "herding",
    "samples_per_class": 5,
    "max_decoded": 7,
    "region": 2,
    "constraint_weight": 0.25,
    "augmentation": ("flip", ("crop", "cutout")),
    "learning_rate": 0.125,
    "momentum": 0.0,
}


def build(name, data, experts, images_per_class=1, steps=500, **changes):
    method = methods.get_method(name).replace(**changes)
    return method.build(data, experts, images_per_class, steps=steps, seed=2)


def rate(trainer, step=0):
    learning_rate = trainer.optimizer._learning_rate
    if callable(learning_rate):
        learning_rate = learning_rate(step)
    return float(ops.convert_to_numpy(learning_rate))


@pytest.mark.parametrize("name", NAMES)
def test_a_method_distils_and_repeats(name, experts, small_data):
    changes = {"steps_per_training": 3} if name == "idm" else {}
    changes["samples_per_class"] = 4
    trainer = build(name, small_data, experts, **changes)
    start = pixels(trainer)
    history = trainer.fit(*small_data, steps_per_epoch=2, verbose=0).history
    assert np.isfinite(history["loss"][0])
    assert not np.array_equal(pixels(trainer), start)
    again = build(name, small_data, experts, **changes)
    np.testing.assert_array_equal(pixels(again), start)
    assert trainer.distilled_dataset().info["method"] == name


# --- The papers' parts, one by one ------------------------------------------


def test_tgdd_is_sgd_along_stages_with_the_papers_weights(experts, small_data):
    few = build("tgdd", small_data, experts, 2)
    assert few.parts.trajectory is experts
    assert few.parts.region == 7 and few.parts.samples_per_class == 128
    assert few.parts.constraint_weight == 2.5 and few.parts.constrained
    assert few.parts.augmentation.strategies == ("color", "crop", "cutout")
    assert isinstance(few.optimizer, keras.optimizers.SGD)
    assert few.optimizer.momentum == 0.5
    assert rate(few) == pytest.approx(0.02)
    many = build("tgdd", small_data, experts, 50)
    assert many.parts.constraint_weight == 0.5
    assert rate(many) == pytest.approx(0.5)


def test_dm_reads_random_networks_under_one_of_six(experts, small_data):
    # Equation 4: class means, 256 real images, a rate of 1 on normalized
    # pixels, which moves pixels in [0, 1] by std².
    trainer = build("dm", small_data, experts)
    assert isinstance(trainer.parts.trajectory, RandomNetworks)
    assert trainer.parts.trajectory.steps_per_network == 1
    assert trainer.parts.samples_per_class == 256
    assert not trainer.parts.constrained and trainer.synthetic.factor == 1
    assert trainer.parts.augmentation.strategies == (STRATEGIES,)
    square = np.mean(np.square(experts.normalization.std))
    assert rate(trainer) == pytest.approx(square, rel=1e-6)
    hundred = build("dm", small_data, experts, 100)
    assert rate(hundred) == pytest.approx(10 * square, rel=1e-6)


def test_cafe_reads_every_block_and_halves_its_rate(experts, small_data):
    trainer = build("cafe", small_data, experts, steps=100)
    maps = [
        layer.name
        for layer in experts.network.network.layers
        if layer.name.startswith("relu_")
    ]
    assert trainer.parts.trajectory.network.feature_layer == (
        *maps,
        "features",
    )
    assert trainer.parts.samples_per_class == 256
    assert not trainer.parts.constrained
    drawn = trainer.parts.augmentation.draw(np.random.default_rng(0), 3, (8, 8))
    assert all(not np.any(value) for value in drawn.values())
    square = np.mean(np.square(experts.normalization.std))
    for step, share in ((60, 0.1), (61, 0.05), (81, 0.025), (91, 0.0125)):
        assert rate(trainer, step) == pytest.approx(share * square, rel=1e-6)
    start = np.random.default_rng(2).random((3, 1, 8, 8, 2), "float32")
    np.testing.assert_array_equal(pixels(trainer), start)


def test_idm_trains_a_queue_with_the_experts_normalization(experts, small_data):
    trainer = build("idm", small_data, experts, 2)
    queue = trainer.parts.trajectory
    assert isinstance(queue, NetworkQueue)
    assert queue.steps_per_refresh == 30 and queue.networks_per_refresh == 2
    assert queue.normalization == experts.normalization
    assert trainer.parts.region == 1
    assert trainer.parts.constraint_weight == 0.5
    square = np.mean(np.square(experts.normalization.std))
    assert rate(trainer) == pytest.approx(0.2 * square, rel=1e-6)
    many = build("idm", small_data, experts, 50)
    assert many.parts.constraint_weight == 0.1


def test_m3d_keeps_a_random_network_for_five_steps(experts, small_data):
    trainer = build("m3d", small_data, experts)
    assert trainer.parts.trajectory.steps_per_network == 5
    assert trainer.parts.objective.bandwidths == (0.25, 0.5, 1.0, 2.0, 4.0)
    assert not trainer.parts.constrained
    assert rate(trainer) == 1.0
    assert rate(build("m3d", small_data, experts, 2)) == 10.0


@pytest.mark.parametrize(
    "name, samples", [("dance", 128), ("ncfm", 1024), ("csdm", 128)]
)
def test_three_methods_interpolate_with_a_constraint_of_weight_one(
    name, samples, experts, small_data
):
    parts = build(name, small_data, experts).parts
    assert isinstance(parts.trajectory, InterpolatedExperts)
    assert parts.trajectory.experts is experts
    assert parts.constraint_weight == 1.0 and parts.constrained
    assert parts.samples_per_class == samples
    assert parts.region > 1  # the constraint reads the final weights


def test_ncfm_matches_amplitude_and_phase_alike(experts, small_data):
    trainer = build("ncfm", small_data, experts, steps=40)
    objective = trainer.parts.objective
    assert objective.num_frequencies == 1024
    assert objective.amplitude_weight == 0.5 and objective.weight == 300.0
    assert objective.seed == 2
    assert isinstance(trainer.optimizer, keras.optimizers.AdamW)
    for step, wanted in ((0, 0.01), (20, 0.005), (40, 0.0)):
        assert rate(trainer, step) == pytest.approx(wanted, abs=1e-8)


def test_csdm_weighs_classes_by_their_size(experts, small_data):
    trainer = build("csdm", small_data, experts, [1, 2, 1])
    assert trainer.synthetic.counts.tolist() == [1, 2, 1]
    assert trainer.parts.objective.class_counts == (20, 12, 5)
    assert trainer.parts.objective.weight == 300.0
    assert isinstance(trainer.optimizer, keras.optimizers.AdamW)
    assert rate(trainer) == rate(trainer, 10**6) == pytest.approx(0.01)


def test_dsdm_adds_covariances_and_no_constraint(experts, small_data):
    parts = build("dsdm", small_data, experts).parts
    assert parts.trajectory is experts
    assert parts.objective.get_config() == {"covariance_weight": 50.0}
    assert not parts.constrained


def test_wmdd_takes_atoms_of_the_last_snapshots(experts, small_data):
    trainer = build("wmdd", small_data, experts, 2, factor=2, steps=40)
    parts = trainer.parts
    assert parts.objective.atoms_per_class == 8
    assert parts.objective.statistics_weight == 10.0
    found = parts.summary_plan.stages(
        [experts.num_snapshots(expert) for expert in range(2)]
    )
    assert sorted(zip(*found, strict=True)) == [(0, 3), (1, 3)]
    assert parts.region == 1 and parts.constraint_weight == 1.0
    optimizer = trainer.optimizer
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert (optimizer.beta_1, optimizer.beta_2) == (0.5, 0.9)
    for step, wanted in ((0, 0.25), (20, 0.125), (40, 0.0)):
        assert rate(trainer, step) == pytest.approx(wanted, abs=1e-7)
    with pytest.raises(ValueError, match="same number of images"):
        build("wmdd", small_data, experts, [1, 2, 1])


def test_wmdd_reads_the_data_once(experts, small_data):
    trainer = build("wmdd", small_data, experts)
    source = trainer.step.source(small_data)
    assert source.real_per_class == 0
    assert "summary" in source.steps(0, 1)[0][0]


def test_covariance_tgdd_starts_near_centres_and_comes_to_rest(
    experts, small_data
):
    x, _ = small_data
    trainer = build("covariance_tgdd", small_data, experts, 2, steps=40)
    selected = keras_tgdd.evaluation.select_images(
        small_data, 2, "k_means", features=experts.features(x), factor=2, seed=2
    )
    np.testing.assert_array_equal(
        trainer.synthetic.stored_images(),
        selected.images.reshape((6, 8, 8, 2)),
    )
    assert trainer.parts.constraint_weight == 2.5
    for step, wanted in ((0, 0.04), (20, 0.02), (40, 0.0)):
        assert rate(trainer, step) == pytest.approx(wanted, abs=1e-8)


@pytest.mark.parametrize("name", ["covariance_tgdd", "ncfm", "wmdd"])
@pytest.mark.parametrize("steps", [3, 700])
def test_a_falling_rate_is_zero_after_the_steps_that_were_asked_for(
    name, steps, experts, small_data
):
    trainer = build(name, small_data, experts, steps=steps)
    assert rate(trainer, steps - 1) > 0
    assert rate(trainer, steps) == pytest.approx(0.0, abs=1e-8)


# --- Settings ----------------------------------------------------------------


def test_a_learning_rate_replaces_the_rule(experts, small_data):
    for name in NAMES:
        trainer = build(name, small_data, experts, learning_rate=0.5)
        assert rate(trainer) == pytest.approx(0.5), name


def test_a_start_is_of_chosen_images_of_random_ones_or_of_noise(
    experts, small_data
):
    x, y = small_data
    real = x / np.float32(255)
    starts = {}
    for start in ("random", "herding", "noise"):
        trainer = build("tgdd", small_data, experts, start=start, factor=1)
        starts[start] = pixels(trainer)[:, 0]
    for start in ("random", "herding"):
        for label, image in enumerate(starts[start]):
            distances = np.abs(real[y == label] - image).max(axis=(1, 2, 3))
            assert distances.min() < 1e-6
    herded = keras_tgdd.evaluation.select_images(
        small_data, 1, "herding", features=experts.features(x)
    )
    np.testing.assert_allclose(starts["herding"], herded.images[:, 0])
    noise = np.random.default_rng(2).random((3, 1, 8, 8, 2), "float32")
    np.testing.assert_array_equal(starts["noise"], noise[:, 0])


def test_a_constraint_can_be_asked_of_a_method_without(experts, small_data):
    trainer = build("dm", small_data, experts, constraint_weight=2.0)
    assert trainer.parts.constrained
    assert trainer.parts.constraint_weight == 2.0


def test_names_and_numbers_of_classes_come_from_the_data(experts, small_data):
    data = keras_tgdd.datasets.from_arrays(
        *small_data, class_names=np.array(["a", "b", "c"])
    )
    trainer = build("tgdd", data, experts, {"a": 1, "b": 2, "c": 1})
    assert trainer.parts.class_names == ("a", "b", "c")
    assert trainer.synthetic.counts.tolist() == [1, 2, 1]
    distilled = trainer.distilled_dataset()
    assert distilled.class_names == ("a", "b", "c")


def test_layers_that_are_not_there_are_named(small_data, tmp_path):
    def network(shape, classes):
        return keras.Sequential(
            [
                keras.Input(shape),
                keras.layers.Flatten(name="flat"),
                keras.layers.Dense(classes),
            ]
        )

    experts = keras_tgdd.train_experts(
        small_data,
        network,
        num_experts=1,
        epochs=1,
        directory=tmp_path,
        verbose=0,
    )
    with pytest.raises(ValueError, match="Received: layers .*flat"):
        build("cafe", small_data, experts)


def test_experts_must_be_recorded_where_snapshots_are_read(experts, small_data):
    random = RandomNetworks(experts.network.network, experts.normalization)
    build("dm", small_data, random)
    with pytest.raises(TypeError, match="must be `ExpertTrajectories`"):
        build("tgdd", small_data, random)
    with pytest.raises(TypeError, match="must be `ExpertTrajectories`"):
        build("dm", small_data, random, start="k_means")


@pytest.mark.parametrize("name", NAMES)
def test_which_methods_need_experts(name):
    method = methods.get_method(name)
    reads_none = name in ("cafe", "dm", "idm", "m3d")
    assert method.needs_experts is not reads_none
    assert method.replace(start="k_means").needs_experts


@pytest.mark.parametrize("steps", [0, 1.5, True])
def test_steps_must_be_a_positive_int(steps, experts, small_data):
    with pytest.raises(ValueError, match="`steps` must be a positive"):
        build("cafe", small_data, experts, steps=steps)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"factor": 0}, "`factor` must be a positive"),
        ({"samples_per_class": 1.5}, "`samples_per_class` must be"),
        ({"region": 0}, "`region` must be"),
        ({"max_decoded": -1}, "`max_decoded` must be"),
        ({"start": "best"}, "`start` must be one of .*noise"),
        ({"constraint_weight": -1.0}, "`constraint_weight` must be"),
        ({"constraint_weight": np.nan}, "`constraint_weight` must be"),
        ({"learning_rate": 0.0}, "`learning_rate` must be"),
        ({"momentum": 1.0}, "`momentum` must lie"),
        ({"augmentation": ("blur",)}, "`strategies` must name"),
    ],
)
def test_settings_out_of_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        methods.TGDD(**changes)


def test_idm_refuses_trainings_of_no_step():
    with pytest.raises(ValueError, match="`steps_per_training` must be"):
        methods.IDM(steps_per_training=0)


# --- Values ------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("changes", [{}, CHANGED], ids=["default", "changed"])
def test_methods_are_values_that_serialize(name, changes):
    method = methods.get_method(name).replace(**changes)
    assert method == methods.get_method(name).replace(**changes)
    with pytest.raises(dataclasses.FrozenInstanceError):
        method.factor = 3
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(method)))
    again = keras.saving.deserialize_keras_object(config)
    assert again == method and type(again) is type(method)
    assert hash(again) == hash(method)
    if changes:
        assert method != methods.get_method(name)


def test_an_unknown_setting_is_refused():
    with pytest.raises(TypeError, match="temperature"):
        methods.TGDD(temperature=1.0)
    with pytest.raises(TypeError, match="temperature"):
        methods.TGDD().replace(temperature=1.0)
