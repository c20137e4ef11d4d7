import collections
import shutil

import numpy as np
import pytest
from keras import ops
from support.summaries import summarize

import keras_tgdd
from keras_tgdd.distillation.summaries import SummaryPlan
from keras_tgdd.distillation.summaries import summarizer
from keras_tgdd.objectives import ClassMeanMatching


def class_means(experts, data, summaries, entry):
    """Mean features of each class, image by image, in NumPy."""
    x, y = data
    draw, _ = summaries.entry(entry)
    weights = experts.weights(summaries.experts[entry], summaries.stages[entry])
    layer = keras_tgdd.layers.SiameseAugmentation()
    means = []
    for label in range(3):
        images = (x[y == label] / 255 - experts.mean) / experts.std
        own = {key: value[label : label + 1] for key, value in draw.items()}
        images = layer(images[None].astype("float32"), own)
        features, _ = experts.network.per_class(weights, images)
        means.append(ops.convert_to_numpy(features)[0].mean(axis=0))
    return np.stack(means)


@pytest.mark.parametrize("images_per_pass", [3, 8, 100])
def test_all_images_are_summarized_whatever_fits_in_a_pass(
    experts, small_data, tmp_path, monkeypatch, images_per_pass
):
    pixels = images_per_pass * 3 * 8 * 8
    monkeypatch.setattr(summarizer, "_PIXELS_PER_PASS", pixels)
    summaries = summarize(experts, small_data, tmp_path)
    assert len(summaries) == 5 and summaries.num_classes == 3
    np.testing.assert_array_equal(summaries.values["count"][0], [20, 12, 5])
    for entry in range(5):
        np.testing.assert_allclose(
            summaries.values["mean"][entry],
            class_means(experts, small_data, summaries, entry),
            atol=2e-6,
        )


def test_a_number_of_images_is_drawn_anew_for_each_entry(
    experts, small_data, tmp_path
):
    plan = SummaryPlan(8 + 1)  # the two experts have eight snapshots
    chosen = summarize(
        experts, small_data, tmp_path, plan=plan, samples_per_class=4
    )
    np.testing.assert_array_equal(chosen.values["count"], np.full((9, 3), 4))
    assert np.any(chosen.values["mean"][0] != chosen.values["mean"][8])
    more = summarize(experts, small_data, tmp_path, samples_per_class=99)
    every = summarize(experts, small_data, tmp_path)
    np.testing.assert_array_equal(more.values["mean"], every.values["mean"])


def test_stored_summaries_are_found_not_made_again(
    experts, small_data, tmp_path, monkeypatch
):
    first = summarize(experts, small_data, tmp_path)
    (path,) = tmp_path.iterdir()
    monkeypatch.setattr(summarizer.Summarizer, "summarize", None)
    again = summarize(experts, small_data, tmp_path)
    np.testing.assert_array_equal(first.values["mean"], again.values["mean"])
    assert again.description == first.description
    assert [path] == list(tmp_path.iterdir())


class Halved(ClassMeanMatching):
    def __init__(self, power=1):
        self.power = power

    def get_config(self):
        return {"power": self.power}


@pytest.mark.parametrize(
    "changes",
    [
        {"plan": 6},
        {"plan": SummaryPlan(5, seed=1)},
        {"samples_per_class": 3},
        {"objective": Halved()},
        {"augmentation": keras_tgdd.layers.SiameseAugmentation(crop=0.2)},
        {"augmentation": keras_tgdd.layers.SiameseAugmentation(("flip",))},
    ],
)
def test_anything_else_is_another_file(experts, small_data, tmp_path, changes):
    summarize(experts, small_data, tmp_path)
    summarize(experts, small_data, tmp_path, **changes)
    assert len(list(tmp_path.iterdir())) == 2


def test_other_data_experts_and_arguments_are_another_file(
    experts, small_data, tmp_path
):
    x, y = small_data
    summarize(experts, small_data, tmp_path, objective=Halved())
    summarize(experts, small_data, tmp_path, objective=Halved(2))
    summarize(experts, (255 - x, y), tmp_path, objective=Halved())
    one = keras_tgdd.ExpertTrajectories(experts._readers[:1])
    summarize(one, small_data, tmp_path, objective=Halved())
    assert len(list(tmp_path.iterdir())) == 4


def test_by_default_they_lie_beside_the_experts(small_data, tmp_path):
    from support.networks import small_network

    own = keras_tgdd.train_experts(
        small_network,
        *small_data,
        num_experts=1,
        epochs=1,
        directory=tmp_path,
        verbose=0,
    )
    assert len(own.summarize(*small_data, verbose=0)) == 8
    assert len(list(tmp_path.glob("summaries_*.safetensors"))) == 1
    assert keras_tgdd.ExpertTrajectories.load(tmp_path).num_experts == 1


def test_refuses_what_cannot_be_summarized(experts, small_data, tmp_path):
    class Exact(ClassMeanMatching):
        cacheable = False

    x, y = small_data
    for changes, data, message in [
        ({"objective": Exact()}, (x, y), "cacheable=False"),
        ({"samples_per_class": 0}, (x, y), "`samples_per_class` must be"),
        ({"plan": 0}, (x, y), "`num_entries` must be"),
        ({}, (x[:, :4], y), "must have shape"),
        ({}, (x, y + 1), "must lie in"),
    ]:
        with pytest.raises(ValueError, match=message):
            summarize(experts, data, tmp_path, **changes)
    assert not list(tmp_path.iterdir())


def test_refuses_a_directory_that_cannot_be_written(
    experts, small_data, tmp_path
):
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(OSError, match="Choose another directory"):
        summarize(experts, small_data, tmp_path / "file" / "below")


def test_interrupted_summaries_go_on_with_the_next_entry(
    experts, small_data, tmp_path, monkeypatch
):
    monkeypatch.setattr(partial_summaries, "_SECONDS_BETWEEN_WRITES", 0.0)
    whole = summarize(experts, small_data, tmp_path / "whole")
    summarize_entry = summarizer.Summarizer.summarize
    calls = []

    def failing(self, *arguments):
        calls.append(None)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return summarize_entry(self, *arguments)

    monkeypatch.setattr(summarizer.Summarizer, "summarize", failing)
    with pytest.raises(KeyboardInterrupt):
        summarize(experts, small_data, tmp_path / "parts")
    (path,) = (tmp_path / "parts").iterdir()
    assert path.name.endswith(".safetensors.partial")
    again = summarize(experts, small_data, tmp_path / "parts")
    assert len(calls) == 4 + 2  # of five entries, three were there
    for key, values in whole.values.items():
        np.testing.assert_array_equal(values, again.values[key])
    (path,) = (tmp_path / "parts").iterdir()
    assert path.suffix == ".safetensors"


def test_a_disk_that_is_too_small_is_found_at_the_first_entry(
    experts, small_data, tmp_path, monkeypatch
):
    entry = 4 * 3 * experts.network.feature_size  # means of three classes
    whole = summarize(experts, small_data, tmp_path / "whole")
    of_entry = sum(value[0].nbytes for value in whole.values.values())
    assert of_entry >= entry
    free = 10 * of_entry - 1  # five entries, unfinished and finished

    def usage(path):
        Usage = collections.namedtuple("Usage", "total used free")
        return Usage(free, 0, free)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    with pytest.raises(OSError, match="too small for 5 summaries of"):
        summarize(experts, small_data, tmp_path / "small")
    assert not list((tmp_path / "small").iterdir())
    free += 1
    assert len(summarize(experts, small_data, tmp_path / "small")) == 5
