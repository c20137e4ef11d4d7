import sys

import numpy as np
import pytest

from keras_tgdd.datasets import TrainingData
from keras_tgdd.evaluation import feature_views
from keras_tgdd.evaluation import select_images
from keras_tgdd.evaluation.reporting.feature_view import mismatch


@pytest.fixture
def distilled(small_data, experts):
    data = TrainingData(*small_data, normalization=experts.normalization)
    return select_images(data, 2)


def oracle(real, real_labels, synthetic, synthetic_labels):
    distances, squares = [], []
    for label in range(3):
        own = [f for f, c in zip(real, real_labels) if c == label]
        other = [f for f, c in zip(synthetic, synthetic_labels) if c == label]
        mean = sum(own) / len(own)
        distances.append(np.sqrt(sum((mean - sum(other) / len(other)) ** 2)))
        squares.append(sum(sum((f - mean) ** 2) for f in own) / len(own))
    return (sum(distances) / 3) / np.sqrt(sum(squares) / 3)


def test_mismatch_against_an_oracle(rng):
    labels, others = np.arange(12) % 3, np.arange(6) % 3
    real = rng.normal(size=(12, 5)) + labels[:, None]
    synthetic = rng.normal(size=(6, 5))
    arguments = (real, labels, synthetic, others)
    assert mismatch(*arguments) == pytest.approx(oracle(*arguments))
    assert mismatch(real, labels, real, labels) == 0.0
    alone = np.arange(3)
    assert np.isnan(mismatch(real[:3], alone, synthetic[:3], alone))


def test_three_stages_of_the_training(small_data, experts, distilled):
    x, y = small_data
    views = feature_views(distilled, small_data, experts)
    assert [v.stage for v in views] == ["early", "middle", "late"]
    assert [v.snapshot for v in views] == [1, 2, 3]
    for view in views:
        assert view.real.shape == (len(x), 2)
        np.testing.assert_array_equal(
            np.bincount(view.real_labels), np.bincount(y)
        )
        assert view.synthetic.shape == (6, 2)
        # Principal components are of the real features: centred, ordered.
        np.testing.assert_allclose(view.real.mean(axis=0), 0, atol=1e-4)
        first, second = view.real.std(axis=0)
        assert first >= second
    late = experts.features(x, snapshot=3)
    of_set = experts.features(distilled.to_numpy()[0], snapshot=3)
    labels = distilled.to_numpy()[1]
    assert views[2].mismatch == pytest.approx(mismatch(late, y, of_set, labels))


def test_many_real_images_are_thinned_out(experts, distilled, rng):
    x = rng.integers(0, 256, (700, 8, 8, 2)).astype("uint8")
    y = np.repeat([0, 1, 2], [500, 199, 1])
    view = feature_views(distilled, (x, y), experts)[0]
    assert np.bincount(view.real_labels).tolist() == [200, 199, 1]


def test_the_seed_selects_the_real_images(experts, distilled, rng):
    x = rng.integers(0, 256, (700, 8, 8, 2)).astype("uint8")
    data = (x, np.repeat([0, 1, 2], [500, 199, 1]))
    first, same, other = (
        feature_views(distilled, data, experts, seed=seed)[0].real
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, same)
    assert np.any(first != other)


def test_refuses_other_images(experts, distilled):
    data = (np.zeros((3, 4, 4, 2), "uint8"), np.arange(3))
    with pytest.raises(ValueError, match="must have shape"):
        feature_views(distilled, data, experts)


def test_refuses_other_classes(small_data, experts, distilled):
    x, y = small_data
    two = select_images((x[y < 2], y[y < 2]), 1)
    with pytest.raises(ValueError, match=r"Received: 2 and \(8, 8, 2\)"):
        feature_views(two, small_data, experts)
    with pytest.raises(ValueError, match=r"no images of class \[2\]"):
        feature_views(distilled, (x[y < 2], y[y < 2]), experts)


def test_scikit_learn_is_named_where_it_is_missing(
    small_data, experts, distilled, monkeypatch
):
    monkeypatch.setitem(sys.modules, "sklearn.decomposition", None)
    with pytest.raises(ImportError, match=r"scikit-learn.*\[report\]"):
        feature_views(distilled, small_data, experts)
