import numpy as np
import pytest
from support.networks import small_network

import keras_tgdd


def distill(data, **changes):
    arguments = dict(
        images_per_class=1,
        network_fn=small_network,
        expert_epochs=2,
        iterations=4,
        samples_per_class=4,
        verbose=0,
    )
    return keras_tgdd.distill(*data, **{**arguments, **changes})


def test_arrays_in_a_distilled_set_out(small_data):
    distilled = distill(small_data, class_names=["a", "b", "c"])
    assert isinstance(distilled, keras_tgdd.DistilledDataset)
    assert distilled.images.shape == (3, 1, 8, 8, 2)
    assert distilled.class_names == ("a", "b", "c")
    assert distilled.info["steps"] == 4
    x, _ = small_data
    np.testing.assert_allclose(
        distilled.mean, (x / 255).mean(axis=(0, 1, 2)), rtol=1e-5
    )


def test_bytes_and_floats_give_the_same(small_data):
    x, y = small_data
    from_bytes = distill((x, y))
    from_floats = distill((x.astype("float32") / 255, y))
    np.testing.assert_allclose(from_bytes.images, from_floats.images, atol=1e-4)


def test_experts_are_kept_where_a_directory_is_given(small_data, tmp_path):
    first = distill(small_data, directory=tmp_path)
    assert (tmp_path / "expert_000.safetensors").is_file()
    again = distill(small_data, directory=tmp_path)
    np.testing.assert_array_equal(first.images, again.images)


@pytest.mark.parametrize("iterations, cached", [(4, False), (200, True)])
def test_summaries_are_made_where_they_pay(
    small_data, tmp_path, capsys, iterations, cached
):
    distill(small_data, directory=tmp_path, iterations=iterations, verbose=1)
    # Three snapshots, four draws each, 20 images of three classes at most.
    assert f"720 for summaries or {12 * iterations:,}" in (
        capsys.readouterr().err
    )
    assert len(list(tmp_path.glob("summaries_*"))) == cached


def test_starts_from_images_that_a_method_chooses(small_data, tmp_path):
    arguments = dict(factor=1, iterations=1, directory=tmp_path)
    distilled = distill(small_data, start="k_means", **arguments)
    experts = keras_tgdd.trajectories.ExpertTrajectories.load(tmp_path)
    x, y = small_data
    chosen = keras_tgdd.evaluation.select_images(
        x, y, 1, "k_means", experts.features(x)
    )
    random = distill(small_data, **arguments)
    # One step moves pixels by much less than images differ.
    step = np.abs(distilled.images - chosen.images).max()
    assert 0 < step < 0.1 < np.abs(random.images - chosen.images).max()


def test_a_recipe_brings_its_parts(small_data, tmp_path):
    arguments = dict(iterations=3, directory=tmp_path)
    distilled = distill(small_data, recipe="covariance_tgdd", **arguments)
    info = distilled.info
    assert info["method"] == "covariance_tgdd" and info["steps"] == 3
    assert info["objective"] == "CovarianceMatching"
    assert info["samples_per_class"] == 4 and info["constraint_weight"] == 2.5
    # The rate has reached zero when the steps are over.
    schedule = info["optimizer"]["learning_rate"]
    assert schedule["config"]["decay_steps"] == 3
    again = distill(small_data, recipe="covariance_tgdd", **arguments)
    np.testing.assert_array_equal(again.images, distilled.images)
    other = distill(
        small_data, recipe="dance", samples_per_class=None, **arguments
    )
    assert other.info["trajectory"] == "InterpolatedExperts"
    assert other.info["samples_per_class"] == 128


def test_barycentres_are_found_by_name(small_data):
    distilled = distill(small_data, recipe="wmdd", factor=1, iterations=2)
    assert distilled.info["method"] == "wmdd"
    assert distilled.info["objective"] == "BarycenterMatching"


def test_what_cannot_be_summarized_is_refused(small_data):
    with pytest.raises(ValueError, match="`cache_summaries=True` needs"):
        distill(small_data, recipe="dance", cache_summaries=True)


@pytest.mark.parametrize("recipe", ["dm", "m3d", "idm"])
def test_no_experts_are_trained_where_none_are_read(
    small_data, tmp_path, recipe
):
    arguments = dict(recipe=recipe, iterations=2, directory=tmp_path)
    distilled = distill(small_data, **arguments)
    assert distilled.info["method"] == recipe
    assert not list(tmp_path.glob("expert_*"))
    again = distill(small_data, **arguments)
    np.testing.assert_array_equal(again.images, distilled.images)
    started = distill(small_data, start="k_means", **arguments)
    assert list(tmp_path.glob("expert_*"))
    assert np.abs(started.images - distilled.images).max() > 0.1


def test_an_unknown_recipe_is_refused_before_training(small_data, tmp_path):
    with pytest.raises(ValueError, match="`recipe` must be one of .*dance"):
        distill(small_data, recipe="best", directory=tmp_path / "experts")
    assert not (tmp_path / "experts").exists()


@pytest.mark.parametrize("wanted", [False, True])
def test_summaries_can_be_asked_for_or_not(small_data, tmp_path, wanted):
    distill(small_data, directory=tmp_path, cache_summaries=wanted)
    assert len(list(tmp_path.glob("summaries_*"))) == wanted


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"images_per_class": 0}, "`images_per_class` must be a positive"),
        ({"factor": 9}, "`factor` must not be larger than a side"),
        ({"factor": 0}, "`factor` must be a positive integer"),
        ({"iterations": 0}, "`iterations` must be a positive"),
        ({"expert_epochs": 1.5}, "`expert_epochs` must be a positive"),
        ({"num_experts": 0}, "`num_experts` must be a positive"),
    ],
)
def test_bad_numbers_are_refused_before_training(
    small_data, tmp_path, changes, message
):
    with pytest.raises(ValueError, match=message):
        distill(small_data, directory=tmp_path / "experts", **changes)
    assert not (tmp_path / "experts").exists()


def test_unwritable_directory_is_refused(small_data, tmp_path):
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(OSError, match="Cannot write to directory"):
        distill(small_data, directory=tmp_path / "file" / "experts")


@pytest.mark.slow
def test_distilled_digits_beat_random_ones(digits):
    distilled = keras_tgdd.distill(
        digits.x_train,
        digits.y_train,
        images_per_class=1,
        iterations=200,
        verbose=0,
    )
    protocol = keras_tgdd.evaluation.get_protocol("tgdd", 100, flip=False)
    random = keras_tgdd.evaluation.random_images(
        digits.x_train, digits.y_train, images_per_class=1
    )
    scores = [
        keras_tgdd.evaluate(
            candidate,
            digits.x_test,
            digits.y_test,
            protocol=protocol,
            verbose=0,
        ).mean
        for candidate in (distilled, random)
    ]
    assert scores[0] > scores[1] + 0.1
