"""From a method to the trainer of a data set."""

import keras
import numpy as np
import pytest
from keras import ops
from support.distillations import make_steps
from support.distillations import pixels
from support.networks import small_network

import keras_tgdd
from keras_tgdd import DistillationTrainer
from keras_tgdd import Normalization
from keras_tgdd.datasets import ImageDataset
from keras_tgdd.datasets import TrainingData
from keras_tgdd.distillation import Distiller
from keras_tgdd.distillation import SummaryPlan
from keras_tgdd.evaluation import select_images
from keras_tgdd.layers import SyntheticImages
from keras_tgdd.methods import CAFE
from keras_tgdd.methods import CSDM
from keras_tgdd.methods import DANCE
from keras_tgdd.methods import DM
from keras_tgdd.methods import NCFM
from keras_tgdd.methods import TGDD
from keras_tgdd.methods import WMDD
from keras_tgdd.methods import MatchingMethod
from keras_tgdd.methods import get_method
from keras_tgdd.methods import method_names
from keras_tgdd.trajectories import RandomNetworks


def rate(trainer, step=0):
    learning_rate = trainer.optimizer._learning_rate
    if callable(learning_rate):
        learning_rate = learning_rate(step)
    return float(ops.convert_to_numpy(learning_rate))


@pytest.mark.parametrize("name", method_names())
def test_a_method_builds_a_trainer_that_distils(experts, small_data, name):
    method = get_method(name).replace(samples_per_class=4)
    first, again, other = (
        method.build(small_data, experts, 1, steps=2, seed=seed)
        for seed in (2, 2, 3)
    )
    assert isinstance(first, DistillationTrainer) and first.compiled
    assert isinstance(first, Distiller)
    np.testing.assert_array_equal(pixels(first), pixels(again))
    assert np.any(pixels(first) != pixels(other))
    start = pixels(first)
    for trainer in (first, again):
        history = make_steps(trainer, small_data, 2).history
        assert np.isfinite(history["loss"][0])
    assert np.abs(pixels(first) - start).max() > 1e-5
    np.testing.assert_array_equal(pixels(first), pixels(again))
    info = first.distilled_dataset().info
    assert info["method"] == name and info["seed"] == 2


def test_settings_reach_the_trainer(experts, small_data):
    method = DANCE(
        factor=1,
        samples_per_class=3,
        max_decoded=7,
        region=2,
        constraint_weight=7.0,
        augmentation=("flip",),
        learning_rate=0.375,
        momentum=0.25,
    )
    trainer = method.build(small_data, experts, 2, seed=4)
    parts = trainer.parts
    assert parts.synthetic.factor == 1
    assert parts.synthetic.images_per_class == 2
    assert parts.samples_per_class == 3 and parts.max_decoded == 7
    assert parts.region == 2 and parts.constraint_weight == 7.0
    assert parts.augmentation.strategies == ("flip",)
    assert parts.seed == 4
    assert rate(trainer) == 0.375 and trainer.optimizer.momentum == 0.25


@pytest.mark.parametrize("name", method_names())
def test_a_rate_that_is_set_replaces_the_rule(experts, small_data, name):
    method = get_method(name).replace(learning_rate=0.25)
    assert rate(method.build(small_data, experts, 2)) == 0.25


@pytest.mark.parametrize("weight, constrained", [(0.0, False), (3.0, True)])
def test_a_constraint_weight_replaces_the_rule(
    experts, small_data, weight, constrained
):
    for method in (TGDD(), DM(), CSDM()):
        method = method.replace(constraint_weight=weight)
        parts = method.build(small_data, experts, 2).parts
        assert parts.constrained == constrained
        assert parts.constraint_weight == weight


# --- what images start from


def started(experts, data, start, counts=(1, 2, 1), seed=2):
    method = TGDD(start=start)
    trainer = method.build(data, experts, counts, seed=seed)
    return trainer.synthetic.stored_images()


@pytest.mark.parametrize("start", ["k_means", "herding", "k_center"])
def test_images_start_from_those_that_are_selected(experts, small_data, start):
    x, _ = small_data
    selected = select_images(
        small_data,
        [1, 2, 1],
        start,
        features=experts.features(x),
        factor=2,
        seed=2,
    )
    found = started(experts, small_data, start)
    np.testing.assert_array_equal(found, selected.images)
    random = started(experts, small_data, "random")
    assert np.abs(found - random).max() > 0.01


@pytest.mark.parametrize("start", ["random", "noise"])
def test_a_start_without_features_is_that_of_adapt(experts, small_data, start):
    synthetic = SyntheticImages(3, (1, 2, 1), (8, 8, 2), factor=2)
    mode = "mosaic" if start == "random" else start
    synthetic.adapt(*small_data, mode=mode, seed=5)
    found = started(experts, small_data, start, seed=5)
    np.testing.assert_array_equal(found, synthetic.stored_images())
    other = started(experts, small_data, start, seed=6)
    assert np.abs(other - found).max() > 0.01


# --- data, experts and numbers


def test_class_names_are_those_of_the_data(experts, small_data):
    x, y = small_data
    names = np.array(["one", "two", "three"])
    data = TrainingData(x, y, class_names=names)
    trainer = TGDD().build(data, experts, {"two": 3, "one": 1, "three": 2})
    assert trainer.parts.class_names == ("one", "two", "three")
    assert trainer.synthetic.counts.tolist() == [1, 3, 2]
    part = ImageDataset(
        name="small",
        x_train=x,
        y_train=y,
        x_test=x,
        y_test=y,
        class_names=("a", "b", "c"),
        normalization=Normalization.of(x),
    )
    trainer = TGDD().build(part, experts, 1)
    assert trainer.parts.class_names == ("a", "b", "c")
    trainer = TGDD().build(small_data, experts, 1)
    assert trainer.parts.class_names == ("dark", "medium", "bright")


def test_networks_normalize_as_the_experts_do(experts, small_data):
    data = TrainingData(*small_data, normalization=Normalization(0.9, 0.1))
    for method in (TGDD(), DM(), get_method("idm")):
        trajectory = method.build(data, experts, 1).parts.trajectory
        assert trajectory.normalization == experts.normalization


def test_classes_may_differ_but_for_barycentres(experts, small_data):
    trainer = CSDM().build(small_data, experts, [1, 2, 1])
    assert trainer.synthetic.counts.tolist() == [1, 2, 1]
    with pytest.raises(ValueError, match=r"same number.*\(1, 2, 1\)"):
        WMDD().build(small_data, experts, [1, 2, 1])


@pytest.mark.parametrize("name", method_names())
def test_numbers_out_of_range_are_refused(experts, small_data, name):
    method = get_method(name)
    for given, message in [
        ({"steps": 0}, "`steps` must be a positive"),
        ({"steps": 1.5}, "`steps` must be a positive"),
        ({"seed": -1}, "`seed` must be an integer"),
        ({"images_per_class": 0}, "`images_per_class` must be a positive"),
        ({"images_per_class": [1, 2]}, "Received: 2"),
    ]:
        with pytest.raises(ValueError, match=message):
            method.build(small_data, experts, **given)


def random_networks(normalization=Normalization(0.5, 0.25)):
    return RandomNetworks(small_network((8, 8, 2), 3), normalization)


@pytest.mark.parametrize("name", method_names())
def test_experts_are_asked_for_where_they_are_read(small_data, name):
    method = get_method(name)
    if not method.needs_experts:
        trainer = method.build(small_data, random_networks(), 1)
        assert trainer.parts.trajectory.normalization == (
            Normalization(0.5, 0.25).for_channels(2)
        )
        method = method.replace(start="herding")
    for given in (random_networks(), None, "experts"):
        with pytest.raises(TypeError, match="must be `ExpertTrajectories`"):
            method.build(small_data, given, 1)


def test_data_that_do_not_fit_are_refused(experts, small_data):
    x, y = small_data
    for data, message in [
        ((x, y + 1), "must lie in"),
        ((x[:, 1:], y), "have shape|same image shape"),
        (TrainingData(x[:32], y[:32]), "same number of classes.*2 and 3"),
    ]:
        with pytest.raises(ValueError, match=message):
            TGDD().build(data, experts, 1)


# --- schedules end with the steps that were asked for


@pytest.mark.parametrize("name", ["covariance_tgdd", "ncfm", "wmdd"])
@pytest.mark.parametrize("steps", [3, 40, 2000])
def test_a_falling_rate_is_zero_after_the_steps(
    experts, small_data, name, steps
):
    trainer = get_method(name).build(small_data, experts, 2, steps=steps)
    first = rate(trainer)
    for share in (0.0, 0.25, 0.5, 1.0):
        cosine = (1 + np.cos(np.pi * np.round(share * steps) / steps)) / 2
        found = rate(trainer, round(share * steps))
        assert found == pytest.approx(first * cosine, rel=1e-5, abs=1e-7)
    assert rate(trainer, steps) == pytest.approx(0.0, abs=1e-7 * first)
    assert rate(trainer, steps - 1) > 0.0


def test_the_pixels_of_wmdd_come_to_rest(experts, small_data):
    trainer = WMDD().build(small_data, experts, 1, steps=4)
    moves = []
    for _ in range(5):
        before = pixels(trainer)
        make_steps(trainer, small_data, 1)
        moves.append(np.abs(pixels(trainer) - before).max())
    assert min(moves[:4]) > 0.0 and moves[4] == 0.0


@pytest.mark.parametrize("steps", [100, 1000])
def test_the_rate_of_cafe_halves_three_times(experts, small_data, steps):
    trainer = CAFE(learning_rate=0.5).build(small_data, experts, 1, steps=steps)
    for share, wanted in [
        (0.0, 0.5),
        (0.6, 0.5),
        (0.61, 0.25),
        (0.8, 0.25),
        (0.81, 0.125),
        (0.9, 0.125),
        (0.91, 0.0625),
        (1.0, 0.0625),
    ]:
        assert rate(trainer, round(share * steps)) == wanted


# --- what else a method chooses


def test_barycentres_are_those_of_the_last_snapshots(experts, small_data):
    trainer = WMDD().build(small_data, experts, 1)
    plan = trainer.parts.summary_plan
    assert plan == SummaryPlan(2, snapshots=(-1,))
    found = plan.stages([experts.num_snapshots(i) for i in range(2)])
    assert sorted(zip(*found, strict=True)) == [(0, 3), (1, 3)]
    source = trainer.step.source(small_data)
    assert source.real_per_class == 0  # read once, for the summaries
    assert "summary" in source.steps(0, 1)[0][0]


def test_layers_that_are_not_there_are_named(small_data):
    network = keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            keras.layers.Flatten(name="flat", data_format="channels_last"),
            keras.layers.Dense(3),
        ]
    )
    trajectory = RandomNetworks(network, Normalization())
    with pytest.raises(ValueError, match="Received: layers .*flat"):
        CAFE().build(small_data, trajectory, 1)


@keras.saving.register_keras_serializable(package="tests")
class FastDM(DM):
    """A method of a user, by one rule."""

    def default_rate(self, task):
        return 0.125 * task.most_images


def test_a_users_method_changes_what_it_overrides(experts, small_data):
    trainer = FastDM().build(small_data, experts, 3)
    assert rate(trainer) == 0.375
    assert isinstance(trainer.parts.trajectory, RandomNetworks)
    assert trainer.distilled_dataset().info["method"] == "fast_dm"
    assert FastDM() == FastDM() != DM()
    assert issubclass(NCFM, MatchingMethod)
    text = keras.saving.serialize_keras_object(FastDM(factor=2))
    assert keras.saving.deserialize_keras_object(text) == FastDM(factor=2)


def test_a_method_is_named_in_its_set(experts, small_data, tmp_path):
    for name in ("tgdd", "covariance_tgdd"):
        trainer = get_method(name).build(small_data, experts, 1)
        trainer.distilled_dataset().save(tmp_path / "d.safetensors")
        read = keras_tgdd.DistilledDataset.load(tmp_path / "d.safetensors")
        assert read.info["method"] == name
