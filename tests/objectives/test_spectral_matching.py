import numpy as np
import pytest
from keras import ops
from support.gradients import assert_matches_oracle
from support.objective_steps import as_tensor
from support.objective_steps import assert_filling_does_not_count
from support.objective_steps import assert_merges
from support.objective_steps import assert_takes_steps

from keras_tgdd.objectives import SpectralMatching

KERNELS = {
    "gaussian": lambda gap: np.exp(-np.sum(gap**2) / 2),
    "laplacian": lambda gap: np.exp(-np.sum(np.abs(gap))),
    0.5: lambda gap: np.exp(-np.sqrt(np.sum(gap**2))),
    1.5: lambda gap: (
        (1 + np.sqrt(3 * np.sum(gap**2))) * np.exp(-np.sqrt(3 * np.sum(gap**2)))
    ),
}


def built(size, **given):
    given = {"num_frequencies": 16, **given}
    objective = SpectralMatching(**given)
    objective.build((size,))
    return objective


def losses(objective, real, synthetic):
    summary = objective.summarize(as_tensor(real))
    return ops.convert_to_numpy(
        objective.compare(summary, as_tensor(synthetic))
    )


def phi(features, frequency):
    return np.mean([np.exp(1j * np.dot(f, frequency)) for f in features])


def oracle(real, synthetic, frequencies, alphas, weight):
    result = []
    for label, alpha in enumerate(alphas):
        terms = []
        for frequency in frequencies.T:
            t = phi(real[label], frequency)
            s = phi(synthetic[label], frequency)
            phase = 1 - np.cos(np.angle(t) - np.angle(s))
            terms.append(
                2 * alpha * (abs(t) - abs(s)) ** 2
                + 2 * (1 - alpha) * 2 * abs(t) * abs(s) * phase
            )
        result.append(weight * np.mean(terms))
    return np.array(result)


@pytest.mark.parametrize("kernel", ["gaussian", "laplacian", "matern"])
def test_matches_oracle_in_value_and_gradient(rng, kernel):
    real = rng.normal(size=(3, 5, 4))
    objective = built(
        4,
        kernel=kernel,
        base_bandwidth=2.0,
        class_counts=[800, 80, 8],
        amplitude_weight=(0.2, 0.6),
        weight=3.0,
        seed=2,
    )
    summary = objective.summarize(as_tensor(real))
    frequencies = objective.draw_frequencies(4)
    assert_matches_oracle(
        lambda features: objective.compare(summary, features),
        lambda features: oracle(
            real, features, frequencies, [0.6, 0.4, 0.2], 3.0
        ),
        rng.normal(size=(3, 2, 4)),
    )


def test_without_class_counts_the_loss_is_the_estimate_of_the_kernel(rng):
    """MMD² with the kernel that the frequencies estimate."""
    real, synthetic = rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 3, 4))
    objective = built(4, base_bandwidth=1.0)
    frequencies = objective.draw_frequencies(4)

    def mean_kernel(first, second):
        return np.mean(
            [
                np.mean(np.cos((x - y) @ frequencies))
                for x in first
                for y in second
            ]
        )

    expected = [
        mean_kernel(t, t) - 2 * mean_kernel(t, s) + mean_kernel(s, s)
        for t, s in zip(real, synthetic, strict=True)
    ]
    found = losses(objective, real, synthetic)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("kernel", KERNELS)
def test_frequencies_have_the_spectral_measure(rng, kernel):
    """The mean of their cosines is the kernel, a mixture of bandwidths."""
    bandwidths, base = (0.5, 2.0), 1.5
    named = isinstance(kernel, str)
    frequencies = SpectralMatching(
        kernel if named else "matern",
        bandwidths,
        base_bandwidth=base,
        num_frequencies=40_000,
        smoothness=1.5 if named else kernel,
    ).draw_frequencies(3)
    for gap in rng.normal(size=(6, 3)):
        expected = np.mean(
            [KERNELS[kernel](gap / base / b) for b in bandwidths]
        )
        assert np.mean(np.cos(gap @ frequencies)) == pytest.approx(
            expected, abs=0.015
        )


def test_comes_near_the_exact_distance_of_the_gaussian_kernel(rng):
    """At most three times the error that the docstring states."""
    size = 64
    real = 0.18 * rng.normal(size=(1, 100, size))
    synthetic = 0.18 * rng.normal(size=(1, 20, size)) + 0.05
    base = 0.3 * np.sqrt(size)

    def mean_kernel(first, second):
        squares = np.sum((first[:, None] - second[None]) ** 2, axis=-1)
        return np.mean(
            [
                np.exp(-squares / (2 * (base * width) ** 2))
                for width in (0.25, 0.5, 1, 2, 4)
            ]
        )

    t, s = real[0], synthetic[0]
    exact = mean_kernel(t, t) - 2 * mean_kernel(t, s) + mean_kernel(s, s)
    found = losses(built(size, num_frequencies=2048), real, synthetic)
    np.testing.assert_allclose(found, [exact], rtol=3 * 0.041)


def test_weights_of_amplitudes_are_linear_in_the_log_of_counts():
    objective = SpectralMatching(
        class_counts=[5, 500, 50], amplitude_weight=(0.1, 0.7)
    )
    np.testing.assert_allclose(objective.amplitude_weights(), [0.1, 0.7, 0.4])
    even = SpectralMatching(class_counts=[9, 9])
    np.testing.assert_allclose(even.amplitude_weights(), [0.5, 0.5])
    assert len(SpectralMatching().amplitude_weights()) == 0


def test_small_classes_weigh_location_more_and_spread_less(rng):
    objective = built(4, base_bandwidth=1.0, class_counts=[1000, 10])
    features = rng.normal(size=(1, 6, 4))
    features = np.concatenate([features, -features], axis=1)  # symmetric
    features = np.repeat(features, 2, axis=0)  # the same in both classes
    large, small = losses(objective, features, features + 0.1)
    assert small == pytest.approx(3 * large, rel=1e-3)
    # Characteristic functions of symmetric sets are real, here of one sign.
    features = 0.02 * features
    large, small = losses(objective, features, 2 * features)
    assert large == pytest.approx(3 * small, rel=1e-2)


def test_bandwidths_grow_with_the_feature_size():
    bases = {"gaussian": 2.4, "matern": 2.4, "laplacian": 12.8}
    for kernel, base in bases.items():
        given = dict(kernel=kernel, num_frequencies=10)
        default = SpectralMatching(**given).draw_frequencies(64)
        stated = SpectralMatching(base_bandwidth=base, **given)
        np.testing.assert_allclose(default, stated.draw_frequencies(64))


def test_summaries_merge_and_filling_does_not_count(rng):
    features = rng.normal(size=(3, 7, 4))
    assert_merges(built(4), features)
    assert_filling_does_not_count(built(4, base_bandwidth=5.0), features)


def test_a_trainer_takes_compiled_steps(experts, small_data):
    objective = SpectralMatching(
        base_bandwidth=10.0,
        num_frequencies=64,
        class_counts=[20, 12, 5],
        weight=10.0,
    )
    assert_takes_steps(experts, small_data, objective, 0.5)


def test_config_makes_the_same_objective():
    given = dict(
        kernel="matern",
        bandwidths=[1.0, 2.0],
        base_bandwidth=3.0,
        num_frequencies=8,
        class_counts=[3, 4],
        amplitude_weight=[0.1, 0.2],
        smoothness=2.5,
        weight=2.0,
        seed=3,
    )
    assert SpectralMatching(**given).get_config() == given
    assert SpectralMatching().get_config()["class_counts"] is None
    assert SpectralMatching.cacheable and SpectralMatching.class_separable


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kernel": "box"}, "one of .*'laplacian'.* Received: kernel='box'"),
        ({"bandwidths": ()}, "sequence of at least one"),
        ({"bandwidths": 2.0}, "sequence of at least one"),
        ({"bandwidths": (1.0, 0.0)}, "`bandwidths` must be a positive finite"),
        ({"num_frequencies": 4}, "one for each of 5 bandwidths"),
        ({"base_bandwidth": -1.0}, "`base_bandwidth` must be a positive"),
        ({"class_counts": 9}, "`class_counts` must be a sequence"),
        ({"class_counts": [3, 0]}, "`class_counts` must be a positive"),
        ({"amplitude_weight": 0.5}, "must be a pair"),
        ({"amplitude_weight": (0.7, 0.2)}, "the first not larger"),
        ({"amplitude_weight": (0.7, 1.2)}, r"numbers in \[0, 1\]"),
        ({"amplitude_weight": (-0.1, 0.2)}, "of at least 0"),
        ({"smoothness": 0}, "`smoothness` must be a positive finite"),
        ({"weight": -1.0}, "`weight` must be a finite"),
        ({"seed": 0.5}, "`seed` must be an integer"),
    ],
)
def test_refuses(given, message):
    with pytest.raises(ValueError, match=message):
        SpectralMatching(**given)


def test_refuses_counts_of_other_classes(rng):
    objective = built(4, class_counts=[3, 4])
    features = rng.normal(size=(3, 2, 4))
    with pytest.raises(ValueError, match="per class, 3. Received: 2"):
        losses(objective, features, features)
