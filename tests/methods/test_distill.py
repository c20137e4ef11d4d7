import sys

import keras
import numpy as np
import pytest
from support.networks import small_network

import keras_tgdd
from keras_tgdd import methods
from keras_tgdd.trajectories import RandomNetworks

TGDD = methods.TGDD(samples_per_class=4)
# The face of the room has the function of this name.
MODULE = sys.modules["keras_tgdd.methods.distill"]


@pytest.fixture(autouse=True)
def _short_experts(monkeypatch):
    """Experts that `distill` trains itself have two epochs."""
    monkeypatch.setattr(MODULE, "_EXPERT_EPOCHS", 2)


def distill(data, method=TGDD, images_per_class=1, **changes):
    arguments = {"network": small_network, "steps": 4, "verbose": 0, **changes}
    return keras_tgdd.distill(data, images_per_class, method, **arguments)


def test_arrays_in_a_distilled_set_out(small_data):
    names = np.array(["a", "b", "c"])  # as scikit-learn's `target_names`
    data = keras_tgdd.datasets.from_arrays(*small_data, class_names=names)
    distilled = distill(data)
    assert isinstance(distilled, keras_tgdd.DistilledDataset)
    assert distilled.images.shape == (3, 1, 8, 8, 2)
    assert distilled.class_names == ("a", "b", "c")
    assert distilled.info["steps"] == 4
    x, _ = small_data
    np.testing.assert_allclose(
        distilled.normalization.mean,
        (x / 255).mean(axis=(0, 1, 2)),
        rtol=1e-5,
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


def test_given_experts_are_used_and_none_are_trained(
    small_data, tmp_path, monkeypatch
):
    itself = distill(small_data, directory=tmp_path / "itself")
    experts = keras_tgdd.ExpertTrajectories.load(tmp_path / "itself")

    def fail(*args, **kwargs):
        raise AssertionError("an expert was trained")

    monkeypatch.setattr(MODULE, "train_experts", fail)
    given = distill(small_data, network=None, experts=experts)
    np.testing.assert_array_equal(given.images, itself.images)
    with pytest.raises(ValueError, match="leave one of the two out"):
        distill(small_data, experts=experts)


def test_experts_of_other_images_are_refused(small_data, experts):
    x, y = small_data
    with pytest.raises(ValueError, match="must have shape|same image shape"):
        distill((x[:, :6], y), network=None, experts=experts)


@pytest.mark.parametrize("steps, cached", [(4, False), (200, True)])
def test_summaries_are_made_where_they_pay(
    small_data, tmp_path, capsys, steps, cached
):
    distill(small_data, directory=tmp_path, steps=steps, verbose=1)
    # Three snapshots, four draws each, 20 images of three classes at most.
    log = capsys.readouterr().err
    assert f"720 once, or {12 * steps:,} in {steps} steps" in log
    assert ("precomputed once" in log) is cached
    assert len(list(tmp_path.glob("summaries_*"))) == cached


@pytest.mark.parametrize("wanted", [False, True])
def test_summaries_can_be_asked_for_or_not(small_data, tmp_path, wanted):
    distill(small_data, directory=tmp_path, cache_summaries=wanted)
    assert len(list(tmp_path.glob("summaries_*"))) == wanted


def test_what_cannot_be_summarized_is_refused(small_data):
    with pytest.raises(ValueError, match="`cache_summaries=True` needs"):
        distill(small_data, "dance", cache_summaries=True)


def test_starts_from_images_that_a_selection_chooses(small_data, tmp_path):
    arguments = dict(steps=1, directory=tmp_path)
    method = TGDD.replace(factor=1, start="k_means")
    distilled = distill(small_data, method, **arguments)
    experts = keras_tgdd.ExpertTrajectories.load(tmp_path)
    chosen = keras_tgdd.evaluation.select_images(
        small_data, 1, "k_means", features=experts.features(small_data[0])
    )
    random = distill(small_data, method.replace(start="random"), **arguments)
    # One step moves pixels by much less than images differ.
    step = np.abs(distilled.images - chosen.images).max()
    assert 0 < step < 0.1 < np.abs(random.images - chosen.images).max()


def test_a_method_brings_its_parts(small_data, tmp_path):
    arguments = dict(steps=3, directory=tmp_path)
    method = methods.CovarianceTGDD(samples_per_class=4)
    distilled = distill(small_data, method, **arguments)
    info = distilled.info
    assert info["method"] == "covariance_tgdd" and info["steps"] == 3
    assert info["objective"] == "CovarianceMatching"
    assert info["samples_per_class"] == 4 and info["constraint_weight"] == 2.5
    # The rate has reached zero when the steps are over.
    schedule = info["optimizer"]["learning_rate"]
    assert schedule["config"]["decay_steps"] == 3
    again = distill(small_data, method, **arguments)
    np.testing.assert_array_equal(again.images, distilled.images)
    other = distill(small_data, "dance", **arguments)
    assert other.info["trajectory"] == "InterpolatedExperts"
    assert other.info["samples_per_class"] == 128


def test_the_schedule_of_wmdd_is_of_the_steps(small_data):
    distilled = distill(small_data, "wmdd", steps=2)
    assert distilled.info["method"] == "wmdd"
    assert distilled.info["objective"] == "BarycenterMatching"
    schedule = distilled.info["optimizer"]["learning_rate"]
    assert schedule["config"]["decay_steps"] == 2


@pytest.mark.parametrize("name", methods.method_names())
def test_experts_are_trained_for_the_methods_that_need_them(
    small_data, tmp_path, name
):
    changes = {"steps_per_training": 2} if name == "idm" else {}
    method = methods.get_method(name).replace(samples_per_class=4, **changes)
    arguments = dict(steps=2, directory=tmp_path)
    distilled = distill(small_data, method, **arguments)
    assert distilled.info["method"] == name
    reads_none = name in ("cafe", "dm", "idm", "m3d")
    assert bool(list(tmp_path.glob("expert_*"))) is not reads_none
    again = distill(small_data, method, **arguments)
    np.testing.assert_array_equal(again.images, distilled.images)


def test_a_chosen_start_needs_experts_whatever_the_method(small_data, tmp_path):
    method = methods.DM(samples_per_class=4, start="k_means")
    distill(small_data, method, steps=1, directory=tmp_path)
    assert list(tmp_path.glob("expert_*"))


@pytest.mark.parametrize(
    "method, samples",
    [("dm", 256), ("m3d", 128), (methods.CAFE(samples_per_class=8), 8)],
)
def test_precision_is_chosen_by_the_images_that_the_method_reads(
    small_data, monkeypatch, method, samples
):
    asked = []

    def policy(pixels):
        asked.append(pixels)
        return "float32"

    monkeypatch.setattr(MODULE, "default_dtype_policy", policy)
    distill(small_data, method, steps=3)
    assert asked == [3 * samples * 3 * 8 * 8]


class Sampler:
    """Makes a set without descending on anything."""

    def __init__(self, data, counts):
        self.data, self.counts, self.steps = data, counts, 0

    def fit(
        self,
        x,
        y=None,
        *,
        epochs=1,
        steps_per_epoch=100,
        callbacks=None,
        verbose="auto",
    ):
        assert x is self.data and callbacks
        self.steps = epochs * steps_per_epoch

    def distilled_dataset(self):
        chosen = [
            np.flatnonzero(self.data.y == label)[:count]
            for label, count in enumerate(self.counts)
        ]
        index = np.concatenate(chosen)
        return keras_tgdd.DistilledDataset(
            self.data.x[index] / np.float32(255),
            self.data.y[index],
            info={"method": "sampler", "steps": self.steps},
        )


class FirstImages(methods.Method):
    needs_experts = False

    def build(self, data, experts, images_per_class=10, *, steps=500, seed=0):
        assert isinstance(experts, RandomNetworks)
        return Sampler(data, images_per_class)


def test_a_method_without_a_trainer_distils_too(small_data, tmp_path):
    sampler = Sampler(None, ())
    assert isinstance(sampler, keras_tgdd.distillation.Distiller)
    distilled = distill(
        small_data, FirstImages(), images_per_class=[2, 1, 1], steps=7
    )
    assert distilled.info == {"method": "sampler", "steps": 7}
    x, y = small_data
    np.testing.assert_array_equal(
        distilled.class_images(0), x[y == 0][:2] / np.float32(255)
    )
    kept = distill(small_data, FirstImages(), directory=tmp_path)
    assert kept.counts.tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="a method with Sampler"):
        distill(small_data, FirstImages(), cache_summaries=True)


def test_a_stream_is_stored_once_and_distilled(small_data, tmp_path):
    x, y = small_data

    def batches():
        for start in range(0, len(y), 10):
            yield x[start : start + 10], y[start : start + 10]

    def stream():
        return keras_tgdd.datasets.ImageStream(batches, 3, buffer_per_class=8)

    distilled = distill(stream(), directory=tmp_path)
    stored = tmp_path / "data" / "images.npy"
    written = stored.stat().st_mtime_ns
    whole = distill(small_data, directory=tmp_path / "arrays")
    np.testing.assert_array_equal(distilled.images, whole.images)
    again = distill(stream(), directory=tmp_path)
    np.testing.assert_array_equal(again.images, distilled.images)
    assert stored.stat().st_mtime_ns == written


def test_an_unknown_method_is_refused_before_training(small_data, tmp_path):
    with pytest.raises(ValueError, match="`method` must be one of .*dance"):
        distill(small_data, "best", directory=tmp_path / "experts")
    assert not (tmp_path / "experts").exists()


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"images_per_class": 0}, "`images_per_class` must be a positive"),
        (
            {"method": TGDD.replace(factor=9)},
            "`factor` must not be larger than a side",
        ),
        ({"steps": 0}, "`steps` must be a positive"),
        ({"seed": -1}, "`seed` must be an integer"),
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
def test_distilled_digits_beat_random_ones(digits, monkeypatch):
    monkeypatch.setattr(MODULE, "_EXPERT_EPOCHS", 20)
    distilled = keras_tgdd.distill(digits, 1, steps=200, verbose=0)
    protocol = keras_tgdd.evaluation.get_protocol("tgdd", 100, flip=False)
    random = keras_tgdd.evaluation.select_images(digits, 1)
    scores = [
        keras_tgdd.evaluate(
            candidate, digits, protocol=protocol, verbose=0
        ).mean
        for candidate in (distilled, random)
    ]
    assert scores[0] > scores[1] + 0.1
    assert keras.backend.backend() == distilled.info["backend"]
