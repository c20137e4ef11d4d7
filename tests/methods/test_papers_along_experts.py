"""Methods along experts against their papers, or their released code.

Numbers are copied from there, and losses are computed by hand from the
features of a step.
"""

import keras
import numpy as np
import pytest
from support.paper_steps import Step
from support.paper_steps import build
from support.paper_steps import inputs_of
from support.paper_steps import mean_distance
from support.paper_steps import rate

import keras_tgdd

# --- TGDD


def test_tgdd(experts, small_data):
    """Σ ||mean f_j(T) - mean f_j(S)||² + α CE_k, k among L = 7 from j."""
    trainer = build("tgdd", experts, small_data, samples_per_class=4)
    Step(trainer, small_data).check(mean_distance, 2.5)
    assert trainer.parts.region == 7
    for images, alpha, learning_rate in [
        (1, 2.5, 0.01),
        (10, 2.5, 0.1),
        (50, 0.5, 0.5),
    ]:
        trainer = build("tgdd", experts, small_data, images)
        assert trainer.parts.constraint_weight == alpha
        assert type(trainer.optimizer).__name__ == "SGD"
        assert trainer.optimizer.momentum == 0.5
        assert rate(trainer) == pytest.approx(learning_rate)
        assert rate(trainer, 99) == pytest.approx(learning_rate)


def test_tgdd_reads_a_stage_and_a_later_one(experts, small_data):
    trainer = build("tgdd", experts, small_data, samples_per_class=1)
    snapshots = [experts.weights(e, s) for e in (0, 1) for s in range(4)]

    def number(weights):
        (found,) = [
            i for i, w in enumerate(snapshots) if np.array_equal(w, weights)
        ]
        return found

    pairs = set()
    for step in range(200):
        inputs = inputs_of(trainer, small_data, step)
        later = inputs.get("constraint_weights", inputs["weights"])
        pairs.add((number(inputs["weights"]), number(later)))
    # Every stage of both, each with every later stage of the same expert.
    assert pairs == {
        (first, later)
        for start in (0, 4)
        for first in range(start, start + 4)
        for later in range(first, start + 4)
    }


def test_from_128_pixels_the_rate_is_ten_times_higher(tmp_path):
    data = np.zeros((3, 128, 128, 1), "uint8"), np.arange(3)
    experts = keras_tgdd.train_experts(
        data,
        pooled_network,
        num_experts=1,
        epochs=1,
        directory=tmp_path,
        verbose=0,
    )
    for name, expected in [
        ("tgdd", 1.0),
        ("dance", 1.0),
        ("dsdm", 1.0),
        ("covariance_tgdd", 2.0),
    ]:
        trainer = build(name, experts, data, 10, start="random")
        assert rate(trainer) == pytest.approx(expected)


def pooled_network(input_shape, num_classes):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.AveragePooling2D(64, data_format="channels_last"),
            keras.layers.Flatten(data_format="channels_last"),
            keras.layers.Dense(num_classes),
        ]
    )


# --- its parents and relatives along experts


def test_dance(experts, small_data):
    """Means under λ init + (1 - λ) final, CE of weight 1 under the final."""
    trainer = build("dance", experts, small_data, samples_per_class=4)
    Step(trainer, small_data).check(mean_distance, 1.0)
    for images, learning_rate in ((1, 0.01), (10, 0.1), (50, 0.5)):
        trainer = build("dance", experts, small_data, images)
        assert type(trainer.optimizer).__name__ == "SGD"
        assert rate(trainer) == pytest.approx(learning_rate)
        assert trainer.optimizer.momentum == 0.5
        assert trainer.parts.constraint_weight == 1.0


@pytest.mark.parametrize("name", ["dance", "ncfm", "csdm"])
def test_networks_between_the_ends_of_an_expert(name, experts, small_data):
    trainer = build(name, experts, small_data, samples_per_class=1)
    seen = []
    for step in range(20):
        inputs = inputs_of(trainer, small_data, step)
        (expert,) = [
            e
            for e in (0, 1)
            if np.array_equal(
                inputs["constraint_weights"], experts.weights(e, -1)
            )
        ]
        initial, final = experts.weights(expert, 0), experts.weights(expert, -1)
        line = (initial - final).astype("float64")
        share = np.dot(inputs["weights"] - final, line) / np.dot(line, line)
        np.testing.assert_allclose(
            inputs["weights"], final + share * line, atol=1e-6
        )
        seen.append((expert, share))
    shares = [share for _, share in seen]
    assert {expert for expert, _ in seen} == {0, 1}
    assert 0 <= min(shares) < 0.2 and 0.8 < max(shares) <= 1


def test_ncfm(experts, small_data):
    """300 E_t sqrt(½ (|Φ_T| - |Φ_S|)² + ½ 2 |Φ_T||Φ_S| (1 - cos Δ)), of
    features of length 1 and 1024 frequencies of N(0, I); CE of weight 1."""
    trainer = build("ncfm", experts, small_data, samples_per_class=4)
    size = experts.network.feature_size
    frequencies = trainer.parts.objective.draw_frequencies(size)
    assert frequencies.shape == (size, 1024)
    assert abs(frequencies.mean()) < 0.01
    assert frequencies.std() == pytest.approx(1.0, abs=0.01)

    def characteristic(features):
        length = np.linalg.norm(features, axis=1, keepdims=True)
        phases = (features / length) @ frequencies
        return np.exp(1j * phases).mean(axis=0)

    def distance(real, synthetic):
        first, second = characteristic(real), characteristic(synthetic)
        amplitude = (np.abs(first) - np.abs(second)) ** 2
        product = 2 * np.abs(first) * np.abs(second)
        phase = product * (1 - np.cos(np.angle(first) - np.angle(second)))
        return 300 * np.sqrt(0.5 * amplitude + 0.5 * phase).mean()

    Step(trainer, small_data).check(distance, 1.0)
    assert type(trainer.optimizer).__name__ == "AdamW"
    for images in (1, 10, 50):
        trainer = build("ncfm", experts, small_data, images)
        assert rate(trainer) == pytest.approx(0.01)


def test_csdm(experts, small_data):
    """2 · 300 E_w α_c (|Φ_T| - |Φ_S|)² + (1 - α_c) 2 |Φ_T||Φ_S| (1 - cos Δ),
    α_c linear in the logarithm of the number of images; CE of weight 1."""
    trainer = build("csdm", experts, small_data, samples_per_class=4)
    objective = trainer.parts.objective
    frequencies = objective.draw_frequencies(experts.network.feature_size)
    logs = np.log([20, 12, 5])
    places = (logs - logs[2]) / (logs[0] - logs[2])
    alphas = iter(0.25 + 0.5 * places)

    def distance(real, synthetic):
        first, second = (
            np.exp(1j * features @ frequencies).mean(axis=0)
            for features in (real, synthetic)
        )
        alpha = next(alphas)
        amplitude = (np.abs(first) - np.abs(second)) ** 2
        product = 2 * np.abs(first) * np.abs(second)
        phase = product * (1 - np.cos(np.angle(first) - np.angle(second)))
        return 600 * np.mean(alpha * amplitude + (1 - alpha) * phase)

    Step(trainer, small_data).check(distance, 1.0)
    assert type(trainer.optimizer).__name__ == "AdamW"
    for step in (0, 50, 100):
        assert rate(trainer, step) == pytest.approx(0.01)


def mean_and_covariance_distance(real, synthetic):
    first, second = (np.cov(f.T, bias=True) for f in (real, synthetic))
    covariances = np.sum((first - second) ** 2)
    return mean_distance(real, synthetic) + 50 * covariances / real.shape[1]


def test_dsdm(experts, small_data):
    """Means, and 50 ||Cov_S - Cov_T||² / D; no constraint."""
    trainer = build("dsdm", experts, small_data, samples_per_class=4)
    Step(trainer, small_data).check(mean_and_covariance_distance, None)
    trainer = build("dsdm", experts, small_data, 10)
    assert type(trainer.optimizer).__name__ == "SGD"
    assert rate(trainer) == pytest.approx(0.1)


def test_covariance_tgdd(experts, small_data):
    """TGDD with DSDM's covariances, at twice the rate, falling to zero."""
    trainer = build("covariance_tgdd", experts, small_data, samples_per_class=4)
    Step(trainer, small_data).check(mean_and_covariance_distance, 2.5)
    for images, alpha in ((1, 2.5), (10, 2.5), (50, 0.5)):
        trainer = build("covariance_tgdd", experts, small_data, images)
        assert trainer.parts.constraint_weight == alpha
        assert type(trainer.optimizer).__name__ == "SGD"
        assert trainer.optimizer.momentum == 0.5
        assert rate(trainer) == pytest.approx(0.02 * images)
        assert rate(trainer, 50) == pytest.approx(0.01 * images)
        assert rate(trainer, 100) == pytest.approx(0.0, abs=1e-9)


def test_wmdd(experts, small_data):
    """Σ_j ||f(x_j) - b_j||², 10 times the distance of statistics, and CE of
    weight 1, all under the last weights of an expert; Adam 0.25."""
    trainer = build("wmdd", experts, small_data, 2)
    step = Step(trainer, small_data)
    summary, weights = step.inputs["summary"], step.inputs["weights"]
    assert "constraint_weights" not in step.inputs
    assert any(np.array_equal(weights, experts.weights(e, -1)) for e in (0, 1))
    expected, entropies = [], []
    for label in range(3):
        found, _ = step._read(weights, step.decoded[label], label)
        atoms = np.sum((found - summary["atoms"][label]) ** 2)
        means = np.sum((found.mean(0) - summary["mean"][label]) ** 2)
        variances = np.sum((found.var(0) - summary["variance"][label]) ** 2)
        expected.append(atoms + 10 * (means + variances))
        entropies.append(step.cross_entropy(label))
    np.testing.assert_allclose(step.losses["matching"], expected, rtol=1e-3)
    assert step.total == pytest.approx(sum(expected) + sum(entropies), rel=1e-3)
    # Statistics of all images of a class; as many atoms as images.
    x, y = small_data
    assert summary["atoms"].shape[:2] == (3, 2)
    mosaics = build("wmdd", experts, small_data, 2, factor=2)
    assert mosaics.parts.objective.atoms_per_class == 8
    expert = [np.array_equal(weights, experts.weights(e, -1)) for e in (0, 1)]
    features = experts.features(x, expert=expert.index(True))
    for label in range(3):
        np.testing.assert_allclose(
            summary["mean"][label], features[y == label].mean(0), atol=1e-4
        )
    optimizer = trainer.optimizer
    assert type(optimizer).__name__ == "Adam"
    assert (optimizer.beta_1, optimizer.beta_2) == (0.5, 0.9)
    assert rate(trainer) == pytest.approx(0.25)
    assert rate(trainer, 50) == pytest.approx(0.125)
