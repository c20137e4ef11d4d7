import hashlib
import sys
import threading

import keras
import numpy as np
import pytest
from sklearn.cluster import MiniBatchKMeans
from support.distillations import fit
from support.distillations import pixels

import keras_tgdd
from keras_tgdd.datasets import RepresentativeImages
from keras_tgdd.datasets import TrainingData
from keras_tgdd.datasets.nearest_images import nearest_images
from keras_tgdd.distillation.live_source import LiveSource


def numbered(counts):
    """Images that hold their own number, and shuffled labels."""
    y = np.repeat(np.arange(len(counts)), counts)
    y = np.random.default_rng(0).permutation(y)
    x = np.arange(len(y), dtype="uint8")[:, None, None, None]
    return x, y


@pytest.fixture
def data(rng):
    x, y = numbered((40, 3, 25))
    return x, y, rng.normal(size=(len(y), 2)).astype("float32")


def make(data, **given):
    arguments = dict(
        samples_per_class=6, steps_per_selection=2, num_selections=3
    )
    x, y, features = data
    return RepresentativeImages((x, y), features, **{**arguments, **given})


def test_images_are_the_nearest_to_their_centroids(data):
    """By loops over all distances, from the same centroids."""
    _, y, features = data
    images = make(data, seed=5)
    assert images.selections.shape == (3, 3, 6)
    for number, selection in enumerate(images.selections):
        for label in (0, 2):
            members = np.flatnonzero(y == label)
            state = np.random.SeedSequence([5, number, label])
            clusters = MiniBatchKMeans(
                6, n_init=1, random_state=int(state.generate_state(1)[0])
            ).fit(features[members])
            expected = []
            for centre in clusters.cluster_centers_:
                best, least = None, np.inf
                for member in members:
                    gap = np.sum((np.float64(features[member]) - centre) ** 2)
                    if member not in expected and gap < least:
                        best, least = member, gap
                expected.append(best)
            assert selection[label].tolist() == expected


def test_one_image_stands_for_each_group(rng):
    """Groups far apart: the nearest to the mean of each, whatever the seed."""
    x, y = numbered((30, 30))
    corners = 100.0 * np.array([[0, 0], [0, 1], [1, 0]])
    group = np.arange(60) % 3
    features = (corners[group] + rng.normal(size=(60, 2))).astype("float32")
    images = RepresentativeImages(
        (x, y), features, samples_per_class=3, num_selections=2
    )
    for selection in images.selections:
        for label in range(2):
            assert set(group[selection[label]]) == {0, 1, 2}
            for index in selection[label]:
                own = (y == label) & (group == group[index])
                gaps = np.linalg.norm(features - features[own].mean(0), axis=1)
                # Small batches find the mean of a cluster nearly.
                assert gaps[index] <= np.sort(gaps[own])[4]


def test_no_image_is_taken_twice():
    centres = np.array([[0.0], [0.1], [5.0]])
    features = np.array([[4.0], [0.0], [3.0], [9.0]])
    assert nearest_images(centres, features).tolist() == [1, 2, 0]


def test_any_training_data_are_taken(data):
    x, y, features = data
    expected = make(data)
    for form in (TrainingData(x, y, ("a", "b", "c")), lambda: iter([(x, y)])):
        images = RepresentativeImages(
            form, features, 6, steps_per_selection=2, num_selections=3
        )
        np.testing.assert_array_equal(images.selections, expected.selections)
        assert images.fingerprint() == expected.fingerprint()
    part = TrainingData(x, y, num_classes=4)
    with pytest.raises(ValueError, match=r"no images of class \[3\]"):
        RepresentativeImages(part, features)


def test_a_missing_package_is_named(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    with pytest.raises(ImportError, match=r"keras-tgdd\[selection\]"):
        make(data)


def test_selections_follow_steps_and_differ(data):
    images = make(data)
    assert len({s[[0, 2]].tobytes() for s in images.selections}) == 3
    for step in range(14):
        images.seek(step)
        index = images.draw_index(np.random.default_rng(step), 6)
        expected = images.selections[(step // 2) % 3]
        np.testing.assert_array_equal(np.sort(index), np.sort(expected))


def test_draws_are_of_the_selection_without_replacement(data):
    x, y, _ = data
    images = make(data)
    assert images.counts.tolist() == [6, 3, 6]
    assert images.image_shape == (1, 1, 1) and images.num_classes == 3
    seen = set()
    for seed in range(30):
        drawn = images.draw(np.random.default_rng(seed), 4)
        assert drawn.shape == (3, 4, 1, 1, 1)
        index = drawn[..., 0, 0, 0]
        for label in range(3):
            assert np.all(y[index[label]] == label)
            assert set(index[label]) <= set(images.selections[0, label])
            # A class of three gives one of its images twice.
            assert len(set(index[label])) == (3 if label == 1 else 4)
        seen.update(index[0])
    assert len(seen) == 6


def test_a_small_class_is_taken_whole(data):
    images = make(data)
    members = np.flatnonzero(data[1] == 1)
    for selection in images.selections:
        assert selection[1].tolist() == [*members, *members]


def test_a_thread_has_a_step_of_its_own(data):
    images = make(data)
    images.seek(4)
    found = []

    def draw_elsewhere():
        images.seek(0)
        found.append(images.draw_index(np.random.default_rng(0), 6))

    thread = threading.Thread(target=draw_elsewhere)
    thread.start()
    thread.join()
    here = images.draw_index(np.random.default_rng(0), 6)
    for index, number in ((found[0], 0), (here, 2)):
        expected = np.sort(images.selections[number])
        np.testing.assert_array_equal(np.sort(index), expected)


def test_a_seed_repeats_the_selections(data):
    first, second = make(data, seed=3), make(data, seed=3)
    np.testing.assert_array_equal(first.selections, second.selections)
    assert np.any(make(data, seed=4).selections != first.selections)
    x, y, features = data
    prints = [
        images.fingerprint()
        for images in (
            first,
            second,
            make(data, seed=4),
            make(data, seed=3, steps_per_selection=3),
            make((x + 1, y, features), seed=3),
        )
    ]
    assert prints[0] == prints[1] and len(set(prints)) == 4


def test_the_fingerprint_stays(data):
    """Checkpoints of earlier versions hold it."""
    x, y, _ = data
    images = make(data)
    expected = hashlib.sha256(TrainingData(x, y).fingerprint().encode())
    expected.update(b"(3, 3, 6)")
    expected.update(images.selections.astype("<i8").tobytes())
    expected.update(b"2")
    assert images.fingerprint() == expected.hexdigest()


def make_trainer(experts, data, **given):
    synthetic = keras_tgdd.layers.SyntheticImages(3, 1, (8, 8, 2), factor=2)
    synthetic.adapt(*data, seed=0)
    trainer = keras_tgdd.DistillationTrainer(
        synthetic, experts, **{"samples_per_class": 4, **given}
    )
    trainer.compile(keras.optimizers.SGD(0.02))
    return trainer


@pytest.fixture
def images(experts, small_data):
    x, y = small_data
    return make((x, y, experts.features(x)))


def test_a_step_sees_the_images_of_its_selection(experts, small_data, images):
    trainer = make_trainer(experts, small_data, samples_per_class=6)
    source = LiveSource(trainer.parts, images)
    assert source.identity == images.fingerprint()
    batches = source.steps(3, 4)
    for index in range(4):
        seen = batches[index][0]["images"]
        selection = images.selections[((3 + index) // 2) % 3]
        for label in (0, 1):
            expected = {image.tobytes() for image in images.x[selection[label]]}
            assert {image.tobytes() for image in seen[label]} == expected


def test_distils_compiled_and_repeats(experts, small_data, images):
    runs = []
    for _ in range(2):
        trainer = make_trainer(experts, small_data)
        before = pixels(trainer)
        history = fit(trainer, (images,)).history
        assert np.all(np.isfinite(history["loss"]))
        assert np.any(pixels(trainer) != before)
        runs.append(pixels(trainer))
    np.testing.assert_array_equal(*runs)
    random = make_trainer(experts, small_data)
    fit(random, small_data)
    assert np.any(pixels(random) != runs[0])


def test_more_images_than_were_selected_are_refused(
    experts, small_data, images
):
    trainer = make_trainer(experts, small_data, samples_per_class=7)
    with pytest.raises(ValueError, match="at most 6.*samples_per_class=7"):
        fit(trainer, (images,))
    with pytest.raises(ValueError, match="at most 6.*samples_per_class=7"):
        images.draw(np.random.default_rng(0), 7)


def test_other_images_and_second_labels_are_refused(
    experts, small_data, images, data
):
    trainer = make_trainer(experts, small_data)
    with pytest.raises(ValueError, match="same image shape"):
        fit(trainer, (make(data),))
    with pytest.raises(ValueError, match="`y` must be None"):
        fit(trainer, (images, small_data[1]))


@pytest.mark.parametrize(
    "given, error, message",
    [
        ({"samples_per_class": 0}, ValueError, "`samples_per_class`.*Received"),
        ({"steps_per_selection": 0}, ValueError, "`steps_per_selection`"),
        ({"num_selections": 1.0}, ValueError, "`num_selections`.*Received"),
        ({"seed": -1}, ValueError, "`seed`.*Received"),
        ({"features": [[0.0]]}, TypeError, "floats.*Received: list"),
        ({"features": np.zeros((68, 2), int)}, TypeError, "Received: int64"),
        ({"features": np.zeros((67, 2))}, ValueError, r"\(68, feature_size\)"),
        ({"features": np.zeros(68)}, ValueError, r"Received: shape=\(68,\)"),
        ({"features": np.full((68, 2), np.nan)}, ValueError, "be finite"),
        ({"y": np.full(68, 1)}, ValueError, "no images of class"),
        ({"x": np.zeros((68, 4))}, ValueError, "must have shape"),
    ],
)
def test_bad_arguments_are_refused(data, given, error, message):
    arrays = dict(zip(("x", "y", "features"), data, strict=True))
    arrays.update({k: given.pop(k) for k in list(given) if k in arrays})
    with pytest.raises(error, match=message):
        make(arrays.values(), **given)
