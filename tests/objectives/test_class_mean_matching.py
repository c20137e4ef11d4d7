import numpy as np
import pytest
from keras import ops
from support.gradients import assert_matches_oracle

from keras_tgdd.objectives import ClassMeanMatching
from keras_tgdd.objectives import Objective


def oracle(real, synthetic):
    losses = []
    for real_class, synthetic_class in zip(real, synthetic, strict=True):
        distance = 0.0
        for position in range(real.shape[-1]):
            gap = np.mean(real_class[:, position]) - np.mean(
                synthetic_class[:, position]
            )
            distance += gap**2
        losses.append(distance)
    return np.array(losses)


def test_matches_oracle_in_value_and_gradient(rng):
    real = rng.normal(size=(3, 5, 4))
    synthetic = rng.normal(size=(3, 2, 4))
    objective = ClassMeanMatching()
    summary = objective.summarize(ops.convert_to_tensor(real.astype("float32")))
    assert_matches_oracle(
        lambda features: objective.compare(summary, features),
        lambda features: oracle(real, features),
        synthetic,
    )


def test_summaries_of_two_parts_merge_to_the_summary_of_all(rng):
    features = rng.normal(size=(3, 7, 4)).astype("float32")
    objective = ClassMeanMatching()
    merged = objective.merge(
        objective.summarize(ops.convert_to_tensor(features[:, :2])),
        objective.summarize(ops.convert_to_tensor(features[:, 2:])),
    )
    whole = objective.summarize(ops.convert_to_tensor(features))
    for key in whole:
        np.testing.assert_allclose(
            ops.convert_to_numpy(merged[key]),
            ops.convert_to_numpy(whole[key]),
            atol=1e-6,
        )


def test_declares_its_properties():
    assert ClassMeanMatching.cacheable and ClassMeanMatching.class_separable


def test_merging_is_refused_unless_an_objective_defines_it():
    class Pairwise(Objective):
        def summarize(self, features):
            return {"features": features}

        def compare(self, summary, features):
            return features

    with pytest.raises(TypeError, match="Summaries of Pairwise cannot"):
        Pairwise().merge({}, {})
