import numpy as np
import pytest
from keras import ops
from support.gradients import assert_matches_oracle
from support.gradients import value_and_gradient
from support.objective_steps import as_tensor
from support.objective_steps import assert_filling_does_not_count
from support.objective_steps import assert_takes_steps

import keras_tgdd
from keras_tgdd.objectives import CovarianceMatching


def covariance(features):
    size = features.shape[1]
    mean = features.mean(axis=0)
    result = np.zeros((size, size))
    for feature in features:
        result += np.outer(feature - mean, feature - mean)
    return result / len(features)


def oracle(real, synthetic, weight):
    losses = []
    for t, s in zip(real, synthetic, strict=True):
        means = np.sum((t.mean(axis=0) - s.mean(axis=0)) ** 2)
        gap = np.sum((covariance(t) - covariance(s)) ** 2)
        losses.append(means + weight * gap / real.shape[2])
    return np.array(losses)


@pytest.mark.parametrize("count", [1, 3])
def test_matches_oracle_in_value_and_gradient(rng, count):
    real = rng.normal(size=(3, 5, 4))
    objective = CovarianceMatching(7.0)
    summary = objective.summarize(as_tensor(real))
    assert_matches_oracle(
        lambda features: objective.compare(summary, features),
        lambda features: oracle(real, features, 7.0),
        rng.normal(size=(3, count, 4)),
    )


def test_nothing_differs(rng):
    real = rng.normal(size=(2, 3, 4))
    objective = CovarianceMatching()
    summary = objective.summarize(as_tensor(real))
    value, gradient = value_and_gradient(
        lambda features: ops.sum(objective.compare(summary, features)), real
    )
    assert abs(value) < 1e-3 and np.max(np.abs(gradient)) < 1e-3


def test_filling_does_not_count(rng):
    assert_filling_does_not_count(
        CovarianceMatching(), rng.normal(size=(3, 7, 4))
    )


def test_summaries_are_not_stored(experts, small_data):
    objective = CovarianceMatching()
    assert objective.class_separable
    with pytest.raises(ValueError, match="CovarianceMatching needs a later"):
        keras_tgdd.summarize(experts, small_data, objective)
    with pytest.raises(TypeError, match="CovarianceMatching cannot be merged"):
        objective.merge({}, {})


def test_a_trainer_takes_compiled_steps(experts, small_data):
    assert_takes_steps(experts, small_data, CovarianceMatching(), 0.05)


def test_config_makes_the_same_objective():
    assert CovarianceMatching().get_config() == {"covariance_weight": 50.0}
    assert CovarianceMatching(2.0).get_config() == {"covariance_weight": 2.0}


def test_refuses():
    with pytest.raises(ValueError, match="`covariance_weight` must be a fin"):
        CovarianceMatching(-1.0)
