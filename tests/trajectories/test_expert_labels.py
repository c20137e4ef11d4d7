import keras
import numpy as np
import pytest
from support.networks import softmax_network

import keras_tgdd
from keras_tgdd import DistilledDataset
from keras_tgdd.evaluation import random_images


def softmax(logits):
    powers = [[np.exp(v - max(row)) for v in row] for row in logits]
    return np.array([[v / sum(row) for v in row] for row in powers])


def outputs(experts, expert, x):
    """What the expert's own network returns, with its weights in place."""
    network = keras.models.clone_model(experts.network.network)
    flat = experts.weights(expert, experts.num_snapshots(expert) - 1)
    values, start = [], 0
    for weight in network.weights:
        size = int(np.prod(weight.shape))
        values.append(flat[start : start + size].reshape(weight.shape))
        start += size
    network.set_weights(values)
    images = ((x - experts.mean) / experts.std).astype("float32")
    return keras.ops.convert_to_numpy(network(images)).astype("float64")


@pytest.mark.parametrize("temperature", [1, 0.5, 4.0])
def test_labels_are_the_mean_softmax_of_the_experts(
    experts, small_data, temperature
):
    # Not the experts' normalization: theirs is what counts.
    distilled = random_images(
        *small_data, images_per_class=2, factor=2, mean=0.1, std=3.0
    )
    soft = distilled.relabel(experts, temperature)
    x, _ = distilled.to_numpy()
    expected = np.mean(
        [softmax(outputs(experts, e, x) / temperature) for e in range(2)],
        axis=0,
    )
    assert soft.soft_labels.dtype == np.float32
    assert soft.soft_labels.shape == (24, 3)
    np.testing.assert_allclose(soft.soft_labels, expected, atol=1e-5)
    np.testing.assert_allclose(soft.soft_labels.sum(axis=1), 1.0, atol=1e-6)
    assert soft.temperature == temperature
    assert np.ptp(soft.soft_labels) > 0.01  # they say something


def test_networks_that_end_in_a_softmax(small_data, tmp_path):
    experts = keras_tgdd.train_experts(
        softmax_network,
        *small_data,
        num_experts=1,
        epochs=1,
        directory=tmp_path,
        verbose=0,
    )
    distilled = random_images(*small_data, images_per_class=2)
    soft = distilled.relabel(experts, temperature=2.0)
    roots = np.sqrt(outputs(experts, 0, distilled.to_numpy()[0]))
    expected = roots / roots.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(soft.soft_labels, expected, atol=1e-5)


def test_all_but_the_labels_stays(experts, small_data):
    distilled = random_images(
        *small_data,
        images_per_class=(3, 1, 2),
        factor=2,
        class_names=("dark", "medium", "bright"),
    )
    soft = distilled.relabel(experts)
    assert distilled.soft_labels is None  # a new set
    for name in ("images", "labels", "mean", "std"):
        np.testing.assert_array_equal(
            getattr(soft, name), getattr(distilled, name)
        )
    assert soft.class_names == distilled.class_names and soft.factor == 2
    assert soft.images_per_class == (3, 1, 2)
    assert soft.info["method"] == "random real images"
    assert soft.info["soft_labels"] == {
        "num_experts": 2,
        "experts": experts.fingerprint(),
    }


def test_relabelled_sets_go_through_a_file(experts, small_data, tmp_path):
    distilled = random_images(*small_data, images_per_class=2, factor=2)
    soft = distilled.relabel(experts, temperature=3)
    soft.save(tmp_path / "d.safetensors")
    loaded = DistilledDataset.load(tmp_path / "d.safetensors")
    np.testing.assert_array_equal(loaded.soft_labels, soft.soft_labels)
    assert loaded.temperature == 3.0 and loaded.info == soft.info
    again = loaded.relabel(experts, temperature=1.0)
    assert np.any(again.soft_labels != soft.soft_labels)


def test_bad_input_is_refused(experts, small_data):
    distilled = random_images(*small_data, images_per_class=1)
    with pytest.raises(ValueError, match="positive.*temperature=0"):
        distilled.relabel(experts, temperature=0)
    with pytest.raises(TypeError, match="ExpertTrajectories.*Received: str"):
        distilled.relabel("experts")
    other = DistilledDataset(distilled.images[:, :, :4])
    with pytest.raises(ValueError, match=r"must have shape \(8, 8, 2\)"):
        other.relabel(experts)
    two = DistilledDataset(distilled.images[:2])
    with pytest.raises(ValueError, match=r"shape \(2, 2\).*\(2, 3\)"):
        two.relabel(experts)


def test_an_expert_that_diverged_is_refused(experts, small_data, monkeypatch):
    distilled = random_images(*small_data, images_per_class=1)
    broken = np.full(experts.network.num_weights, np.nan, "float32")
    monkeypatch.setattr(
        type(experts), "weights", lambda self, expert, epoch: broken
    )
    with pytest.raises(ValueError, match="must be probabilities: not NaN"):
        distilled.relabel(experts)
