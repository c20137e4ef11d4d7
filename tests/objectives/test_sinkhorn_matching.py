import numpy as np
import pytest
from keras import ops
from support.gradients import assert_matches_oracle
from support.objective_steps import assert_finite_where_features_are_equal
from support.objective_steps import assert_takes_steps

from keras_tgdd.objectives import ClassMeanMatching
from keras_tgdd.objectives import SinkhornMatching

# Iterations after which the plans of the small sets below have converged. The
# gradient with a fixed plan then equals the gradient of the oracle, within the
# tolerance of all oracles.
CONVERGED = 30


def soft_minimum(values, epsilon):
    shifted = np.exp(-(values - values.min()) / epsilon)
    return values.min() - epsilon * np.log(np.mean(shifted))


def transport(first, second, epsilon, num_iterations):
    """Dual objective after Sinkhorn iterations, one potential at a time."""
    cost = np.array([[np.sum((x - y) ** 2) for y in second] for x in first])
    f, g = np.zeros(len(first)), np.zeros(len(second))
    for _ in range(num_iterations):
        for i in range(len(f)):
            f[i] = soft_minimum(cost[i] - g, epsilon)
        for j in range(len(g)):
            g[j] = soft_minimum(cost[:, j] - f, epsilon)
    plan = np.exp((f[:, None] + g[None] - cost) / epsilon)
    return np.mean(f) + np.mean(g) - epsilon * (np.mean(plan) - 1)


def oracle(real, synthetic, epsilons, num_iterations):
    return np.array(
        [
            transport(r, s, epsilon, num_iterations)
            - 0.5 * transport(r, r, epsilon, num_iterations)
            - 0.5 * transport(s, s, epsilon, num_iterations)
            for r, s, epsilon in zip(real, synthetic, epsilons, strict=True)
        ]
    )


def absolute_epsilons(real, synthetic, epsilon):
    return [
        epsilon * np.mean([np.sum((x - y) ** 2) for x in r for y in s])
        for r, s in zip(real, synthetic, strict=True)
    ]


def compare(objective, real, synthetic):
    arrays = (np.asarray(x, "float32") for x in (real, synthetic))
    real, synthetic = map(ops.convert_to_tensor, arrays)
    return ops.convert_to_numpy(
        objective.compare(objective.summarize(real), synthetic)
    )


def test_matches_oracle_in_value_and_gradient(rng):
    real = rng.normal(size=(2, 4, 3))
    synthetic = 0.5 + rng.normal(size=(2, 3, 3))
    # The numeric gradient moves features; epsilon stays fixed.
    epsilons = absolute_epsilons(real, synthetic, 0.2)
    objective = SinkhornMatching(0.2, CONVERGED)
    summary = objective.summarize(ops.convert_to_tensor(real.astype("float32")))
    assert_matches_oracle(
        lambda features: objective.compare(summary, features),
        lambda features: oracle(real, features, epsilons, CONVERGED),
        synthetic,
    )


def test_a_small_epsilon_gives_the_cost_of_the_best_assignment(rng):
    real = rng.normal(size=(1, 4, 3))
    order = rng.permutation(4)
    synthetic = real[:, order] + 0.1 * rng.normal(size=(1, 4, 3))
    expected = np.mean(np.sum((real[:, order] - synthetic) ** 2, axis=-1))
    value = compare(SinkhornMatching(1e-3, CONVERGED), real, synthetic)
    np.testing.assert_allclose(value, [expected], rtol=0.02)


def test_a_large_epsilon_gives_the_distance_of_the_means(rng):
    real = rng.normal(size=(3, 6, 4))
    synthetic = 1 + rng.normal(size=(3, 5, 4))
    np.testing.assert_allclose(
        compare(SinkhornMatching(1e3), real, synthetic),
        compare(ClassMeanMatching(), real, synthetic),
        rtol=0.02,
    )


def test_the_distance_of_equal_sets_is_zero_in_any_order(rng):
    real = rng.normal(size=(2, 6, 4))
    value = compare(SinkhornMatching(0.2, CONVERGED), real, real[:, ::-1])
    np.testing.assert_allclose(value, 0, atol=1e-4)


def test_equal_features_have_a_finite_gradient():
    assert_finite_where_features_are_equal(SinkhornMatching())


def test_takes_compiled_steps(experts, small_data):
    objective = SinkhornMatching(num_iterations=5)
    assert_takes_steps(experts, small_data, objective, 0.1, falls_to=0.8)


def test_declares_its_properties():
    assert not SinkhornMatching.cacheable and SinkhornMatching.class_separable
    assert SinkhornMatching(1, 3).get_config() == {
        "epsilon": 1.0,
        "num_iterations": 3,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"epsilon": 0},
        {"epsilon": np.nan},
        {"epsilon": "small"},
        {"num_iterations": 0},
        {"num_iterations": 2.5},
    ],
)
def test_bad_arguments_are_refused(changes):
    (name,) = changes
    with pytest.raises(ValueError, match=rf"`{name}` must .*\. Received:"):
        SinkhornMatching(**changes)


def test_weights_of_samples_are_refused():
    with pytest.raises(ValueError, match="counts every sample of a class once"):
        SinkhornMatching().summarize(ops.ones((2, 3, 4)), ops.ones((2, 3)))
