import numpy as np
import pytest
from keras import ops
from support.gradients import assert_matches_oracle
from support.objective_steps import assert_takes_steps
from support.summaries import split
from support.summaries import summarize

from keras_tgdd.objectives import KernelMatching
from keras_tgdd.objectives import RandomFeatureMatching

BANDWIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)


def to_tensor(x):
    return ops.convert_to_tensor(np.asarray(x, "float32"))


def built(base, size=4, **given):
    objective = RandomFeatureMatching(base, **given)
    objective.build((size,))
    return objective


def compare(objective, real, synthetic):
    summary = objective.summarize(to_tensor(real))
    return ops.convert_to_numpy(
        objective.compare(summary, to_tensor(synthetic))
    )


def oracle(real, synthetic, base, num_features):
    """Differences of characteristic functions, one frequency at a time."""
    count = num_features // 2
    directions = np.random.default_rng(0).standard_normal(
        (real.shape[-1], count)
    )
    kinds = [k % len(BANDWIDTHS) for k in range(count)]
    losses = np.zeros(len(real))
    for k, kind in enumerate(kinds):
        w = directions[:, k] * np.sqrt(2 / (BANDWIDTHS[kind] * base))
        gap = np.mean(np.exp(1j * real @ w), axis=1) - np.mean(
            np.exp(1j * synthetic @ w), axis=1
        )
        losses += np.abs(gap) ** 2 / kinds.count(kind)
    return losses


def test_matches_oracle_in_value_and_gradient(rng):
    real = rng.normal(size=(3, 5, 4))
    synthetic = 0.5 + rng.normal(size=(3, 2, 4))
    # 12 frequencies: two bandwidths have three of them, three have two.
    objective = built(7.0, num_features=24)
    summary = objective.summarize(to_tensor(real))
    assert_matches_oracle(
        lambda features: objective.compare(summary, features),
        lambda features: oracle(real, features, 7.0, 24),
        synthetic,
    )


def test_more_random_features_come_nearer_to_the_exact_kernel(rng):
    real = rng.normal(size=(6, 32, 16))
    synthetic = 0.3 + 1.2 * rng.normal(size=(6, 8, 16))
    stacked = np.concatenate([real, synthetic], axis=1)
    # Each class has its own base in the exact kernel.
    bases = [
        RandomFeatureMatching.mean_squared_distance(one[None])
        for one in stacked
    ]
    exact = compare(KernelMatching(), real, synthetic)

    def error(num_features):
        near = [
            compare(
                built(base, 16, num_features=num_features),
                real[c : c + 1],
                synthetic[c : c + 1],
            )[0]
            for c, base in enumerate(bases)
        ]
        return np.sqrt(np.mean((np.array(near) / exact - 1) ** 2))

    assert error(2048) < 0.05
    assert error(16384) < 0.5 * error(2048)


def test_base_is_the_mean_squared_distance_of_different_features(rng):
    features = rng.normal(size=(3, 5, 4))
    distances = [
        np.sum((one[i] - one[j]) ** 2)
        for one in features
        for i in range(5)
        for j in range(5)
        if i != j
    ]
    assert RandomFeatureMatching.mean_squared_distance(
        features
    ) == pytest.approx(np.mean(distances))
    with pytest.raises(ValueError, match="n of at least 2. Received"):
        RandomFeatureMatching.mean_squared_distance(features[:, :1])


def test_summaries_of_two_parts_merge_to_the_summary_of_all(rng):
    features = rng.normal(size=(3, 7, 4))
    objective = built(8.0, num_features=20)
    merged = objective.merge(
        objective.summarize(to_tensor(features[:, :2])),
        objective.summarize(to_tensor(features[:, 2:])),
    )
    whole = objective.summarize(to_tensor(features))
    assert merged["mean"].shape == (3, 20)
    for key in whole:
        np.testing.assert_allclose(
            ops.convert_to_numpy(merged[key]),
            ops.convert_to_numpy(whole[key]),
            atol=1e-6,
        )


def test_features_of_weight_0_do_not_count(rng):
    features = rng.normal(size=(2, 5, 4))
    weights = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    objective = built(8.0, num_features=20)
    summary = objective.summarize(to_tensor(features), to_tensor(weights))
    for label, count in enumerate((3, 5)):
        own = objective.summarize(to_tensor(features[label, None, :count]))
        np.testing.assert_allclose(
            ops.convert_to_numpy(summary["mean"][label]),
            ops.convert_to_numpy(own["mean"][0]),
            atol=1e-6,
        )


def test_frequencies_depend_on_the_seed_alone(rng):
    real, synthetic = rng.normal(size=(2, 2, 3, 4))
    objective = built(8.0, num_features=20)
    once = compare(objective, real, synthetic)
    objective.build((1, 3))
    np.testing.assert_array_equal(compare(objective, real, synthetic), once)
    other = built(8.0, num_features=20, seed=1)
    assert np.all(compare(other, real, synthetic) != once)


def test_takes_compiled_steps(experts, small_data):
    # About the squared distance of features of the small experts.
    objective = RandomFeatureMatching(10.0, num_features=200)
    assert_takes_steps(experts, small_data, objective, 0.1, falls_to=0.8)


def test_stored_summaries_of_two_parts_merge_to_the_summary_of_all(
    experts, small_data, tmp_path
):
    objective = RandomFeatureMatching(10.0, num_features=20)
    whole, first, second = (
        summarize(experts, part, tmp_path, objective=objective)
        for part in (small_data, *split(*small_data))
    )
    merged = first.merge(second)
    for key, value in whole.values.items():
        np.testing.assert_allclose(merged.values[key], value, atol=1e-5)


def test_config_makes_the_same_objective():
    given = dict(base_bandwidth=2.0, bandwidths=[1.0], num_features=4, seed=3)
    assert RandomFeatureMatching(**given).get_config() == given
    assert RandomFeatureMatching.cacheable
    assert RandomFeatureMatching.class_separable


@pytest.mark.parametrize(
    "changes",
    [
        {"base_bandwidth": 0.0},
        {"base_bandwidth": np.inf},
        {"base_bandwidth": None},
        {"bandwidths": ()},
        {"num_features": 0},
        {"num_features": 21},
        {"num_features": 8},
        {"seed": -1},
    ],
)
def test_bad_arguments_are_refused(changes):
    (name,) = changes
    with pytest.raises(ValueError, match=rf"`{name}` must .*\. Received:"):
        RandomFeatureMatching(**{"base_bandwidth": 1.0, **changes})


def test_calls_before_build_are_refused():
    with pytest.raises(ValueError, match=r"call `build\(\(feature_size,\)\)`"):
        RandomFeatureMatching(1.0).summarize(ops.ones((2, 3, 4)))
