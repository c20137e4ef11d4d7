import keras
import numpy as np
import pytest
from sklearn.utils.extmath import softmax as scikit_softmax
from support.networks import softmax_network

import keras_tgdd
from keras_tgdd.trajectories.expert_labels import expert_labels


def softmax(logits):
    powers = [[np.exp(v - max(row)) for v in row] for row in logits]
    return np.array([[v / sum(row) for v in row] for row in powers])


def outputs(experts, expert, x):
    """The outputs of a network with the expert's last weights in place."""
    network = keras.models.clone_model(experts.network.network)
    flat = experts.weights(expert, experts.num_snapshots(expert) - 1)
    values, start = [], 0
    for weight in network.weights:
        size = int(np.prod(weight.shape))
        values.append(flat[start : start + size].reshape(weight.shape))
        start += size
    network.set_weights(values)
    images = experts.normalization.apply(x)
    return keras.ops.convert_to_numpy(network(images)).astype("float64")


@pytest.mark.parametrize("temperature", [1, 0.5, 4.0])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_labels_are_the_mean_softmax_of_the_experts(
    experts, small_data, temperature, dtype
):
    x = small_data[0]
    if dtype == "float32":
        x = x / np.float32(255)
    labels = expert_labels(experts, x, temperature)
    expected = np.mean(
        [softmax(outputs(experts, e, x) / temperature) for e in range(2)],
        axis=0,
    )
    assert labels.dtype == np.float32 and labels.shape == (len(x), 3)
    np.testing.assert_allclose(labels, expected, atol=1e-5)
    np.testing.assert_allclose(labels.sum(axis=1), 1.0, atol=1e-6)
    assert np.ptp(labels, axis=0).max() > 0.01  # images differ


def test_bits_are_those_of_scikit_learn(experts, small_data):
    """Stored soft labels were computed with its softmax."""
    x = small_data[0]
    total = 0.0
    for expert in range(2):
        logits = experts.predict(x, expert)[1]
        total = total + scikit_softmax(logits / np.float64(0.7))
    np.testing.assert_array_equal(
        expert_labels(experts, x, 0.7), (total / 2).astype("float32")
    )


@pytest.mark.parametrize("zeros", [False, True])
def test_of_networks_that_end_in_a_softmax(
    small_data, tmp_path, monkeypatch, zeros
):
    """At temperature 2, labels are the square roots of the probabilities."""
    experts = keras_tgdd.train_experts(
        small_data,
        softmax_network,
        num_experts=1,
        epochs=1,
        directory=tmp_path,
        verbose=0,
    )
    x = small_data[0]
    probabilities = outputs(experts, 0, x)
    if zeros:  # as a network's probabilities may be rounded
        probabilities[:, 1] = 0.0
        monkeypatch.setattr(
            type(experts), "predict", lambda *_: (None, probabilities)
        )
    labels = expert_labels(experts, x, temperature=2.0)
    roots = np.sqrt(probabilities)
    expected = roots / roots.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(labels, expected, atol=1e-5)


def test_bad_arguments_are_refused(experts, small_data):
    x = small_data[0]
    with pytest.raises(ValueError, match="positive.*temperature=0"):
        expert_labels(experts, x, temperature=0)
    with pytest.raises(TypeError, match="ExpertTrajectories.*Received: str"):
        expert_labels("experts", x)
    with pytest.raises(ValueError, match=r"must have shape \(8, 8, 2\)"):
        expert_labels(experts, x[:, :4])
