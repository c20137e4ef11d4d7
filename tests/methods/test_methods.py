import keras
import numpy as np
import pytest
from keras import ops

import keras_tgdd
from keras_tgdd import methods as recipes
from keras_tgdd.distillation.step_source import StepSource
from keras_tgdd.layers.siamese_augmentation import STRATEGIES
from keras_tgdd.trajectories import ExpertTrajectories
from keras_tgdd.trajectories import InterpolatedExperts
from keras_tgdd.trajectories import NetworkQueue
from keras_tgdd.trajectories import RandomNetworks

# Trajectory, objective, real images a class, weight of the constraint.
PARTS = {
    "cafe": (RandomNetworks, "LayerMatching", 256, None),
    "covariance_tgdd": (ExpertTrajectories, "CovarianceMatching", 128, 2.5),
    "csdm": (InterpolatedExperts, "SpectralMatching", 128, 1.0),
    "dance": (InterpolatedExperts, "ClassMeanMatching", 128, 1.0),
    "dm": (RandomNetworks, "ClassMeanMatching", 256, None),
    "dsdm": (ExpertTrajectories, "CovarianceMatching", 128, None),
    "idm": (NetworkQueue, "ClassMeanMatching", 128, 0.5),
    "m3d": (RandomNetworks, "KernelMatching", 128, None),
    "ncfm": (InterpolatedExperts, "CharacteristicFunctionMatching", 1024, 1.0),
    "tgdd": (ExpertTrajectories, "ClassMeanMatching", 128, 2.5),
    "wmdd": (ExpertTrajectories, "BarycenterMatching", 128, 1.0),
}


# Others take colour, crop and cutout.
AUGMENTATIONS = {
    **dict.fromkeys(("dm", "idm"), (STRATEGIES,)),  # one of six
    **dict.fromkeys(("cafe", "wmdd"), ("crop",)),  # by nothing
}


def pixels(trainer):
    return np.array(ops.convert_to_numpy(trainer.synthetic.images.value))


def test_every_recipe_is_listed():
    assert set(recipes.__all__) == set(PARTS)


@pytest.mark.parametrize("name", PARTS)
def test_a_recipe_has_the_parts_of_its_paper(name, experts, small_data):
    trajectory, objective, samples, weight = PARTS[name]
    trainer = getattr(recipes, name)(small_data, experts, 2)
    assert type(trainer.trajectory) is trajectory
    assert type(trainer.objective).__name__ == objective
    assert trainer.samples_per_class == samples
    assert trainer.constrained == (weight is not None)
    if weight is not None:
        assert trainer.constraint_weight == weight
    assert trainer.compiled and trainer.synthetic.images_per_class == 2
    assert trainer.augmentation.strategies == AUGMENTATIONS.get(
        name, ("color", "crop", "cutout")
    )


@pytest.mark.parametrize("name", PARTS)
def test_a_recipe_distils(name, experts, small_data):
    trainer = getattr(recipes, name)(
        small_data, experts, 1, seed=2, samples_per_class=4
    )
    start = pixels(trainer)
    history = trainer.fit(*small_data, steps_per_epoch=2, verbose=0).history
    assert np.isfinite(history["loss"][0])
    assert not np.array_equal(pixels(trainer), start)
    again = getattr(recipes, name)(
        small_data, experts, 1, seed=2, samples_per_class=4
    )
    np.testing.assert_array_equal(pixels(again), start)
    info = trainer.distilled_dataset().info
    assert info["objective"] == PARTS[name][1]
    assert info["method"] == name


def rate(trainer, step=0):
    learning_rate = trainer.optimizer._learning_rate
    if callable(learning_rate):
        learning_rate = learning_rate(step)
    return float(ops.convert_to_numpy(learning_rate))


def test_covariance_tgdd_starts_near_centres_and_comes_to_rest(
    experts, small_data
):
    x, y = small_data
    trainer = recipes.covariance_tgdd(small_data, experts, 2, steps=40)
    selected = keras_tgdd.evaluation.select_images(
        x, y, 2, "k_means", experts.features(x), factor=2
    )
    np.testing.assert_array_equal(
        trainer.synthetic.stored_images(),
        selected.images.reshape((6, 8, 8, 2)),
    )
    assert rate(trainer) == pytest.approx(0.04, rel=1e-6)
    assert rate(trainer, 20) == pytest.approx(0.02, rel=1e-6)
    assert rate(trainer, 40) == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match="`steps` must be"):
        recipes.covariance_tgdd(small_data, experts, 2, steps=0)


def test_the_rate_of_ncfm_falls_over_the_steps(experts, small_data):
    trainer = recipes.ncfm(small_data, experts, 1, steps=40)
    assert rate(trainer) == pytest.approx(0.01, rel=1e-6)
    assert rate(trainer, 20) == pytest.approx(0.005, rel=1e-6)
    assert rate(trainer, 40) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", ("cafe", "ncfm"))
def test_steps_must_be_a_number_of_them(name, experts, small_data):
    with pytest.raises(ValueError, match="`steps` must be"):
        getattr(recipes, name)(small_data, experts, 1, steps=0)


def test_cafe_reads_every_block_and_the_features(experts, small_data):
    trainer = recipes.cafe(small_data, experts, 1)
    maps = [
        layer.name
        for layer in experts.network.network.layers
        if layer.name.startswith("relu_")
    ]
    assert trainer.trajectory.network.feature_layer == (*maps, "features")
    assert not np.any(trainer.augmentation.crop)


def test_rates_of_normalized_pixels_are_scaled(experts, small_data):
    """A step on normalized pixels is one of `rate * std²` on pixels."""
    square = np.mean(np.square(experts.std))
    trainer = recipes.dm(small_data, experts, 1)
    assert rate(trainer) == pytest.approx(square, rel=1e-6)
    trainer = recipes.dm(small_data, experts, 100)
    assert rate(trainer) == pytest.approx(10 * square, rel=1e-6)
    trainer = recipes.cafe(small_data, experts, 1, steps=100)
    for step, wanted in ((60, 0.1), (61, 0.05), (81, 0.025), (91, 0.0125)):
        assert rate(trainer, step) == pytest.approx(wanted * square, rel=1e-6)


def test_settings_that_depend_on_images_per_class(experts, small_data):
    assert rate(recipes.m3d(small_data, experts, 1)) == 1.0
    assert rate(recipes.m3d(small_data, experts, 10)) == 10.0
    assert recipes.idm(small_data, experts, 50).constraint_weight == 0.1
    assert recipes.tgdd(small_data, experts, 50).constraint_weight == 0.5


def test_what_is_given_replaces_what_a_recipe_says(experts, small_data):
    trainer = recipes.dance(
        small_data, experts, 1, samples_per_class=3, constraint_weight=7.0
    )
    assert trainer.samples_per_class == 3
    assert trainer.constraint_weight == 7.0
    names = ("dark", "medium", "bright")
    data = keras_tgdd.datasets.ImageDataset(
        "small",
        *small_data,
        *small_data,
        class_names=names,
        mean=experts.mean,
        std=experts.std,
    )
    assert recipes.tgdd(data, experts, 1).class_names == names


def test_classes_may_differ_but_for_barycentres(experts, small_data):
    trainer = recipes.csdm(small_data, experts, [1, 2, 1])
    assert trainer.synthetic.counts.tolist() == [1, 2, 1]
    assert trainer.objective.class_counts == (20, 12, 5)
    with pytest.raises(ValueError, match="as many images of each class"):
        recipes.wmdd(small_data, experts, [1, 2, 1])


def test_barycentres_are_those_of_the_last_snapshots(experts, small_data):
    trainer = recipes.wmdd(small_data, experts, 1)
    trainer.fit(*small_data, steps_per_epoch=2, verbose=0)
    plan = trainer.objective.summary_plan
    found = plan.stages([experts.num_snapshots(i) for i in range(2)])
    assert sorted(zip(*found, strict=True)) == [(0, 3), (1, 3)]
    source = StepSource(trainer, *small_data)
    assert source.real_per_class == 0  # read once, for the summaries
    assert "summary" in source.steps(0, 1)[0][0]


def test_layers_that_are_not_there_are_named(small_data, tmp_path):
    network = keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            keras.layers.Flatten(name="flat"),
            keras.layers.Dense(3),
        ]
    )
    experts = keras_tgdd.train_experts(
        lambda shape, classes: network,
        *small_data,
        num_experts=1,
        epochs=1,
        directory=tmp_path,
        verbose=0,
    )
    with pytest.raises(ValueError, match="Received: layers .*flat"):
        recipes.cafe(small_data, experts, 1)
