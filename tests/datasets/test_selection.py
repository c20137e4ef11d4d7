import itertools
import sys

import numpy as np
import pytest
from sklearn.cluster import KMeans

from keras_tgdd.datasets import selection


@pytest.fixture
def features(rng):
    return rng.normal(size=(12, 3))


def test_herding_is_what_trying_every_image_finds(features):
    mean = features.mean(axis=0)
    expected = []
    for _ in range(5):
        gaps = [
            np.linalg.norm(mean - features[[*expected, i]].mean(axis=0))
            if i not in expected
            else np.inf
            for i in range(12)
        ]
        expected.append(int(np.argmin(gaps)))
    assert selection.herding(features, 5).tolist() == expected


def test_k_center_is_what_trying_every_image_finds(features):
    from_mean = np.linalg.norm(features - features.mean(axis=0), axis=1)
    expected = [int(np.argmin(from_mean))]
    for _ in range(4):
        gaps = [
            min(np.linalg.norm(features[i] - features[j]) for j in expected)
            for i in range(12)
        ]
        expected.append(int(np.argmax(gaps)))
    assert selection.k_center(features, 5).tolist() == expected


def covering_radius(features, chosen):
    gaps = np.linalg.norm(features[:, None] - features[list(chosen)], axis=-1)
    return gaps.min(axis=1).max()


def test_k_center_covers_within_twice_the_best(features):
    best = min(
        covering_radius(features, chosen)
        for chosen in itertools.combinations(range(12), 3)
    )
    radius = covering_radius(features, selection.k_center(features, 3))
    assert best <= radius <= 2 * best


def test_k_means_takes_the_nearest_to_each_centre(rng):
    centres = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    features = np.repeat(centres, 5, axis=0) + rng.normal(size=(15, 2))
    chosen = selection.k_means(features, 3, seed=1)
    expected = set()
    for group in range(3):
        members = np.arange(5 * group, 5 * group + 5)
        middle = features[members].mean(axis=0)
        gaps = np.linalg.norm(features[members] - middle, axis=1)
        expected.add(int(members[np.argmin(gaps)]))
    assert set(chosen.tolist()) == expected


def test_k_means_never_takes_an_image_twice(monkeypatch):
    class Same:
        cluster_centers_ = np.zeros((2, 1))

    monkeypatch.setattr(KMeans, "fit", lambda self, x: Same)
    chosen = selection.k_means(np.array([[2.0], [1.0], [3.0]]), 2)
    assert chosen.tolist() == [1, 0]


@pytest.mark.parametrize("method", selection.SELECTIONS.values())
def test_every_method_can_take_every_image_once(features, method):
    assert sorted(method(features, 12)) == list(range(12))


@pytest.mark.parametrize("method", ["best", None, 3, ["random"]])
def test_a_method_that_is_none_is_refused(method):
    message = "`start` must be one of .*'k_means', 'random'.*Received: start="
    with pytest.raises(ValueError, match=message):
        selection.check_selection("start", method)
    for known in selection.SELECTIONS:
        selection.check_selection("start", known)


def test_a_missing_package_is_named(features, monkeypatch):
    for module in ("sklearn.cluster", "sklearn.metrics"):
        monkeypatch.setitem(sys.modules, module, None)
    for method in (selection.k_means, selection.k_center):
        with pytest.raises(ImportError, match=r"keras-tgdd\[selection\]"):
            method(features, 2)
    assert len(selection.herding(features, 2)) == 2


def test_random_depends_on_the_seed(features):
    first = selection.random(features, 5, seed=1)
    np.testing.assert_array_equal(selection.random(features, 5, seed=1), first)
    assert np.any(selection.random(features, 5, seed=2) != first)
