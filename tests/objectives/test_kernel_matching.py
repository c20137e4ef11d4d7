import numpy as np
import pytest
from keras import ops
from support.gradients import assert_matches_oracle
from support.objective_steps import assert_finite_where_features_are_equal
from support.objective_steps import assert_takes_steps

from keras_tgdd.objectives import KernelMatching

BANDWIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)


def base_of(real, synthetic):
    """Mean squared distance of two different rows of both arrays."""
    rows = np.concatenate([real, synthetic])
    distances = [
        np.sum((rows[i] - rows[j]) ** 2)
        for i in range(len(rows))
        for j in range(len(rows))
        if i != j
    ]
    return np.mean(distances)


def mean_kernel(first, second, base, bandwidths):
    values = [
        sum(np.exp(-np.sum((x - y) ** 2) / (s * base)) for s in bandwidths)
        for x in first
        for y in second
    ]
    return np.mean(values)


def oracle(real, synthetic, bases, bandwidths=BANDWIDTHS):
    return np.array(
        [
            mean_kernel(r, r, base, bandwidths)
            - 2 * mean_kernel(r, s, base, bandwidths)
            + mean_kernel(s, s, base, bandwidths)
            for r, s, base in zip(real, synthetic, bases, strict=True)
        ]
    )


def compare(objective, real, synthetic):
    arrays = (np.asarray(x, "float32") for x in (real, synthetic))
    real, synthetic = map(ops.convert_to_tensor, arrays)
    return ops.convert_to_numpy(
        objective.compare(objective.summarize(real), synthetic)
    )


@pytest.mark.parametrize("bandwidths", [BANDWIDTHS, (0.7,)])
def test_matches_oracle_in_value_and_gradient(rng, bandwidths):
    # Far from the origin, where inner products alone would lose digits.
    real = 20 + rng.normal(size=(3, 5, 4))
    synthetic = 20.5 + 2 * rng.normal(size=(3, 2, 4))
    # The numeric gradient moves features; the base stays fixed.
    bases = [base_of(*pair) for pair in zip(real, synthetic, strict=True)]
    objective = KernelMatching(bandwidths)
    summary = objective.summarize(ops.convert_to_tensor(real.astype("float32")))
    assert_matches_oracle(
        lambda features: objective.compare(summary, features),
        lambda features: oracle(real, features, bases, bandwidths),
        synthetic,
    )


def test_the_scale_of_features_does_not_matter(rng):
    real, synthetic = rng.normal(size=(2, 3, 6, 4))
    objective = KernelMatching()
    np.testing.assert_allclose(
        compare(objective, 30 * real, 30 * synthetic),
        compare(objective, real, synthetic),
        rtol=1e-4,
    )


def test_sees_a_spread_that_the_mean_does_not(rng):
    real = rng.normal(size=(2, 6, 3))
    real -= real.mean(axis=1, keepdims=True)
    objective = KernelMatching()
    assert np.all(compare(objective, real, 2 * real) > 0.05)
    np.testing.assert_allclose(compare(objective, real, real), 0, atol=1e-5)


def test_equal_features_have_a_finite_gradient():
    assert_finite_where_features_are_equal(KernelMatching())


def test_takes_compiled_steps(experts, small_data):
    assert_takes_steps(experts, small_data, KernelMatching(), 0.1, falls_to=0.8)


def test_declares_its_properties():
    assert not KernelMatching.cacheable and KernelMatching.class_separable
    assert KernelMatching((1, 2)).get_config() == {"bandwidths": [1.0, 2.0]}
    with pytest.raises(TypeError, match="Summaries of KernelMatching cannot"):
        KernelMatching().merge({}, {})


@pytest.mark.parametrize(
    "bandwidths", [(), 1.0, "1", (1, 0), (np.nan,), [True]]
)
def test_bad_arguments_are_refused(bandwidths):
    with pytest.raises(ValueError, match=r"`bandwidths` must .*\. Received:"):
        KernelMatching(bandwidths)


def test_weights_of_samples_are_refused():
    with pytest.raises(ValueError, match="counts every sample of a class once"):
        KernelMatching().summarize(ops.ones((2, 3, 4)), ops.ones((2, 3)))
