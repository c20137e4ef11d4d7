import collections
import shutil

import numpy as np
import pytest
from support.networks import small_network
from support.step_oracle import features_of_class
from support.summaries import summarize

import keras_tgdd
from keras_tgdd.datasets import ImageStream
from keras_tgdd.datasets import TrainingData
from keras_tgdd.distillation.summaries import SummaryPlan
from keras_tgdd.distillation.summaries import partial_summaries
from keras_tgdd.distillation.summaries import summarizer
from keras_tgdd.objectives import ClassMeanMatching


def class_means(experts, data, summaries, entry):
    """Mean features of each class, image by image, in NumPy."""
    x, y = data
    draw, _ = summaries.entry(entry)
    weights = experts.weights(summaries.experts[entry], summaries.stages[entry])
    features = [
        features_of_class(experts, weights, x[y == label], draw, label)[0]
        for label in range(3)
    ]
    return np.stack([of_class.mean(axis=0) for of_class in features])


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


def test_a_number_of_images_is_drawn_for_each_entry(
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
    own = keras_tgdd.train_experts(
        small_data,
        small_network,
        num_experts=1,
        epochs=1,
        directory=tmp_path,
        verbose=0,
    )
    assert len(keras_tgdd.summarize(own, small_data, verbose=0)) == 8
    assert len(list(tmp_path.glob("summaries_*.safetensors"))) == 1
    assert keras_tgdd.ExpertTrajectories.load(tmp_path).num_experts == 1


def test_refuses_what_cannot_be_summarized(experts, small_data, tmp_path):
    class Exact(ClassMeanMatching):
        cacheable = False

    x, y = small_data
    stream = ImageStream(lambda: iter([small_data]), 3)
    for changes, data, message in [
        ({}, stream, "name the `samples_per_class`"),
        ({}, TrainingData(x[:32], y[:32]), "number of classes.*2 and 3"),
        ({"objective": Exact()}, (x, y), "cacheable=False"),
        ({"samples_per_class": 0}, (x, y), "`samples_per_class` must be"),
        ({"plan": 0}, (x, y), "`num_entries` must be"),
        ({}, (x[:, :4], y), "same image shape"),
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


def test_interrupted_summaries_resume_with_the_next_entry(
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


@pytest.mark.parametrize("not_experts", [None, "experts", object()])
def test_summaries_are_of_experts(small_data, not_experts):
    with pytest.raises(TypeError, match="must be `ExpertTrajectories`"):
        keras_tgdd.summarize(not_experts, small_data)


def test_four_draws_of_each_snapshot_are_the_default(
    experts, small_data, tmp_path
):
    made = summarize(experts, small_data, tmp_path, plan=None)
    # Two experts of four snapshots.
    pairs, counts = np.unique(
        [made.experts, made.stages], axis=1, return_counts=True
    )
    assert pairs.shape == (2, 8) and counts.tolist() == [4] * 8


@pytest.mark.parametrize(
    "wrap",
    [
        lambda x, y: TrainingData(x, y),
        lambda x, y: TrainingData(x, y, num_classes=3),
        lambda x, y: lambda: iter([(x[:9], y[:9]), (x[9:], y[9:])]),
    ],
    ids=["TrainingData", "a part", "batches"],
)
def test_every_form_of_data_is_the_same_file(
    experts, small_data, tmp_path, wrap
):
    summarize(experts, small_data, tmp_path)
    summarize(experts, wrap(*small_data), tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_stream_is_summarized_by_draws(experts, small_data, tmp_path):
    x, y = small_data

    def stream():
        batches = [(x[i::5], y[i::5]) for i in range(5)]
        return ImageStream(lambda: iter(batches), 3, buffer_per_class=5)

    plan = SummaryPlan(5)
    found = summarize(
        experts, stream(), tmp_path, plan=plan, samples_per_class=4
    )
    np.testing.assert_array_equal(found.values["count"], np.full((5, 3), 4))
    assert found.description["data"] == [stream().fingerprint()]
    by_hand, layer = stream(), keras_tgdd.layers.SiameseAugmentation()
    for entry in range(5):
        by_hand.seek(entry)
        generator = plan.generator(entry)
        draw = layer.draw(generator, 3, (8, 8))
        images = by_hand.draw(generator, 4)
        weights = experts.weights(found.experts[entry], found.stages[entry])
        for label in range(3):
            features, _ = features_of_class(
                experts, weights, images[label], draw, label
            )
            np.testing.assert_allclose(
                found.values["mean"][entry, label],
                features.mean(axis=0),
                atol=2e-6,
            )
