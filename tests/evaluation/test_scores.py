import numpy as np
import pytest

from keras_tgdd import DistilledDataset
from keras_tgdd.evaluation import scores


def squash(value):
    return (np.exp(value) - np.exp(-1)) / (np.exp(1) - np.exp(-1))


def test_label_robust_score():
    # α = ½·(0.7 - 0.5) - ½·(0.9 - 0.6)
    score = scores.label_robust_score(0.9, 0.6, 0.7, 0.5)
    np.testing.assert_allclose(score, squash(-0.05))


def test_augmentation_robust_score():
    # ½·(0.7 - 0.5) + ½·(0.6 - 0.45)
    score = scores.augmentation_robust_score(0.7, 0.5, 0.6, 0.45)
    np.testing.assert_allclose(score, squash(0.175))


@pytest.mark.parametrize(
    "arguments, expected",
    [((0.0, 1.0, 1.0, 0.0), 1.0), ((1.0, 0.0, 0.0, 1.0), 0.0)],
)
def test_scores_run_from_0_to_1(arguments, expected):
    score = scores.label_robust_score(*arguments)
    np.testing.assert_allclose(score, expected, atol=1e-12)


def test_percent_is_refused():
    with pytest.raises(ValueError, match="not in percent.*random=50"):
        scores.improvement_over_random(0.5, 50)
    with pytest.raises(ValueError, match="Received: full=91.7"):
        scores.hard_label_recovery(91.7, 0.8)


def test_storage_counts_what_is_saved():
    distilled = DistilledDataset(np.zeros((2, 3, 4, 4, 1), "float32"))
    x = np.zeros((100, 4, 4, 1), "uint8")
    result = scores.storage(distilled, x)
    assert result.num_bytes == 4 * 96 + 8 * 6
    np.testing.assert_allclose(result.compression_ratio, 2400 / 432)
