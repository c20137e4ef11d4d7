import numpy as np
import pytest

from keras_tgdd import DistilledDataset
from keras_tgdd import Normalization
from keras_tgdd.datasets import TrainingData
from keras_tgdd.evaluation import relabel
from keras_tgdd.evaluation import select_images
from keras_tgdd.trajectories.expert_labels import expert_labels

NAMES = ("dark", "medium", "bright")


def test_every_decoded_image_gets_the_labels_of_the_experts(
    experts, small_data
):
    # The experts normalize by their own statistics, whatever the set's are.
    data = TrainingData(*small_data, normalization=Normalization(0.1, 3.0))
    distilled = select_images(data, 2, factor=2)
    soft = relabel(distilled, experts, 4.0)
    x, _ = distilled.to_numpy()
    assert soft.temperature == 4.0 and soft.soft_labels.shape == (24, 3)
    np.testing.assert_array_equal(
        soft.soft_labels, expert_labels(experts, x, 4.0)
    )
    assert np.ptp(soft.soft_labels) > 0.01  # images differ


def test_all_but_the_labels_stays(experts, small_data):
    data = TrainingData(*small_data, NAMES)
    distilled = select_images(data, (3, 1, 2), factor=2)
    soft = relabel(distilled, experts)
    assert distilled.soft_labels is None  # the original is not changed
    for name in ("images", "labels"):
        np.testing.assert_array_equal(
            getattr(soft, name), getattr(distilled, name)
        )
    assert soft.normalization == distilled.normalization
    assert soft.class_names == distilled.class_names and soft.factor == 2
    assert soft.images_per_class == (3, 1, 2)
    assert soft.info == {
        "method": "random real images",
        "seed": 0,
        "soft_labels": {"num_experts": 2, "experts": experts.fingerprint()},
    }


def test_relabelled_sets_go_through_a_file(experts, small_data, tmp_path):
    distilled = select_images(small_data, 2, factor=2)
    soft = relabel(distilled, experts, temperature=3)
    soft.save(tmp_path / "d.safetensors")
    loaded = DistilledDataset.load(tmp_path / "d.safetensors")
    np.testing.assert_array_equal(loaded.soft_labels, soft.soft_labels)
    assert loaded.temperature == 3.0 and loaded.info == soft.info
    again = relabel(loaded, experts, temperature=1.0)
    assert np.any(again.soft_labels != soft.soft_labels)
    assert again.temperature == 1.0


def test_bad_input_is_refused(experts, small_data):
    distilled = select_images(small_data, 1)
    with pytest.raises(ValueError, match="positive.*temperature=0"):
        relabel(distilled, experts, temperature=0)
    with pytest.raises(TypeError, match="ExpertTrajectories.*Received: str"):
        relabel(distilled, "experts")
    other = DistilledDataset(distilled.images[:, :, :4])
    with pytest.raises(ValueError, match=r"must have shape \(8, 8, 2\)"):
        relabel(other, experts)
    two = DistilledDataset(distilled.images[:2])
    with pytest.raises(ValueError, match=r"shape \(2, 2\).*\(2, 3\)"):
        relabel(two, experts)


def test_an_expert_that_diverged_is_refused(experts, small_data, monkeypatch):
    distilled = select_images(small_data, 1)
    broken = np.full(experts.network.num_weights, np.nan, "float32")
    monkeypatch.setattr(
        type(experts), "weights", lambda self, expert, snapshot: broken
    )
    with pytest.raises(ValueError, match="must be probabilities: not NaN"):
        relabel(distilled, experts)
