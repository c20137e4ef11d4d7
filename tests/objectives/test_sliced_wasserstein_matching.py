import numpy as np
import pytest
from keras import ops
from support.gradients import assert_matches_oracle
from support.objective_steps import assert_finite_where_features_are_equal
from support.objective_steps import assert_takes_steps

from keras_tgdd.objectives import SlicedWassersteinMatching


def built(size=4, **given):
    objective = SlicedWassersteinMatching(**given)
    objective.build((size,))
    return objective


def to_tensor(x):
    return ops.convert_to_tensor(np.asarray(x, "float32"))


def compare(objective, real, synthetic):
    summary = objective.summarize(to_tensor(real))
    return ops.convert_to_numpy(
        objective.compare(summary, to_tensor(synthetic))
    )


def quantiles(values, num_quantiles):
    own_levels = (np.arange(len(values)) + 0.5) / len(values)
    levels = (np.arange(num_quantiles) + 0.5) / num_quantiles
    return np.interp(levels, own_levels, np.sort(values))


def oracle(real, synthetic, num_projections, num_quantiles):
    directions = np.random.default_rng(0).standard_normal(
        (real.shape[-1], num_projections)
    )
    losses = np.zeros(len(real))
    for k in range(num_projections):
        w = directions[:, k] / np.sqrt(np.sum(directions[:, k] ** 2))
        for label in range(len(real)):
            gap = quantiles(real[label] @ w, num_quantiles) - quantiles(
                synthetic[label] @ w, num_quantiles
            )
            losses[label] += np.mean(gap**2) / num_projections
    return losses


@pytest.mark.parametrize("num_quantiles", [1, 4, 9])
@pytest.mark.parametrize("num_synthetic", [1, 3, 6])
def test_matches_oracle_in_value_and_gradient(
    rng, num_quantiles, num_synthetic
):
    real = rng.normal(size=(3, 5, 4))
    synthetic = 0.5 + rng.normal(size=(3, num_synthetic, 4))
    objective = built(num_projections=6, num_quantiles=num_quantiles)
    summary = objective.summarize(to_tensor(real))
    assert_matches_oracle(
        lambda features: objective.compare(summary, features),
        lambda features: oracle(real, features, 6, num_quantiles),
        synthetic,
    )


def test_a_shift_costs_its_squared_length_over_the_size(rng):
    real = rng.normal(size=(2, 7, 8))
    shift = rng.normal(size=8)
    objective = built(8, num_projections=20000, num_quantiles=5)
    np.testing.assert_allclose(
        compare(objective, real, real + shift),
        np.sum(shift**2) / 8,
        rtol=0.03,
    )


def test_the_order_of_samples_does_not_matter(rng):
    real, synthetic = rng.normal(size=(2, 2, 6, 4))
    objective = built(num_projections=8)
    np.testing.assert_allclose(
        compare(objective, real[:, ::-1], synthetic[:, ::-1]),
        compare(objective, real, synthetic),
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        compare(objective, real, real[:, ::-1]), 0, atol=1e-10
    )


def test_equal_features_have_a_finite_gradient():
    assert_finite_where_features_are_equal(built())


def test_directions_depend_on_the_seed_alone(rng):
    real, synthetic = rng.normal(size=(2, 2, 3, 4))
    objective = built()
    once = compare(objective, real, synthetic)
    objective.build((1, 3))
    np.testing.assert_array_equal(compare(objective, real, synthetic), once)
    assert np.all(compare(built(seed=1), real, synthetic) != once)


def test_takes_compiled_steps(experts, small_data):
    objective = SlicedWassersteinMatching(num_projections=16, num_quantiles=8)
    assert_takes_steps(experts, small_data, objective, 1.0, falls_to=0.8)


def test_declares_its_properties():
    assert not SlicedWassersteinMatching.cacheable
    assert SlicedWassersteinMatching.class_separable
    given = dict(num_projections=3, num_quantiles=2, seed=4)
    assert SlicedWassersteinMatching(**given).get_config() == given
    with pytest.raises(TypeError, match="cannot be merged"):
        SlicedWassersteinMatching().merge({}, {})


@pytest.mark.parametrize(
    "changes", [{"num_projections": 0}, {"num_quantiles": 1.5}, {"seed": -1}]
)
def test_bad_arguments_are_refused(changes):
    (name,) = changes
    with pytest.raises(ValueError, match=rf"`{name}` must .*\. Received:"):
        SlicedWassersteinMatching(**changes)


def test_weights_of_samples_are_refused():
    with pytest.raises(ValueError, match="counts every sample of a class once"):
        built().summarize(ops.ones((2, 3, 4)), ops.ones((2, 3)))


def test_calls_before_build_are_refused():
    with pytest.raises(ValueError, match=r"call `build\(\(feature_size,\)\)`"):
        SlicedWassersteinMatching().summarize(ops.ones((2, 3, 4)))
