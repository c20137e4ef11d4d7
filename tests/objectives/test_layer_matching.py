import numpy as np
import pytest
from keras import ops
from support.gradients import assert_matches_oracle
from support.objective_steps import as_tensor
from support.objective_steps import assert_filling_does_not_count
from support.objective_steps import assert_takes_steps

from keras_tgdd.objectives import LayerMatching

SIZES = (3, 2, 4)


def built(*given):
    objective = LayerMatching(*given)
    objective.build(SIZES)
    return objective


def oracle(real, synthetic, weights, discrimination_weight):
    places = np.cumsum((0, *SIZES))
    last = slice(places[-2], places[-1])
    classifier = [images[:, last].mean(axis=0) for images in synthetic]
    losses = []
    for label, (t, s) in enumerate(zip(real, synthetic, strict=True)):
        loss = 0.0
        for layer, weight in enumerate(weights):
            part = slice(places[layer], places[layer + 1])
            gap = t[:, part].mean(axis=0) - s[:, part].mean(axis=0)
            loss += weight * np.sum(gap**2)
        for image in t[:, last]:
            logits = np.array([np.dot(image, row) for row in classifier])
            entropy = np.log(np.sum(np.exp(logits))) - logits[label]
            loss += discrimination_weight * entropy
        losses.append(loss)
    return np.array(losses)


@pytest.mark.parametrize(
    ("given", "weights", "discrimination"),
    [
        ((), (0.1, 1.0, 1.0), 0.01),
        (((0.5, 0.0, 2.0), 0.3), (0.5, 0.0, 2.0), 0.3),
    ],
)
def test_matches_oracle_in_value_and_gradient(
    rng, given, weights, discrimination
):
    real = rng.normal(size=(3, 5, 9))
    objective = built(*given)
    summary = objective.summarize(as_tensor(real))
    assert_matches_oracle(
        lambda features: objective.compare(summary, features),
        lambda features: oracle(real, features, weights, discrimination),
        rng.normal(size=(3, 2, 9)),
    )


@pytest.mark.parametrize(
    ("sizes", "weights"),
    [((2,), [1, 1]), ((1, 2), [1, 1, 1]), ((1, 1, 1, 1), [0.1, 0.1, 1, 1])],
)
def test_the_last_two_layers_weigh_most(rng, sizes, weights):
    objective = LayerMatching(None, 0.0)
    objective.build(sizes)
    real, synthetic = rng.normal(size=(2, 2, 3, sum(sizes)))
    loss = objective.compare(
        objective.summarize(as_tensor(real)), as_tensor(synthetic)
    )
    gap = real.mean(axis=1) - synthetic.mean(axis=1)
    np.testing.assert_allclose(
        ops.convert_to_numpy(loss), (gap**2) @ np.array(weights), rtol=1e-5
    )


def test_a_summary_holds_no_features_of_shallow_layers(rng):
    summary = built().summarize(as_tensor(rng.normal(size=(3, 5, 9))))
    shapes = {key: tuple(value.shape) for key, value in summary.items()}
    assert shapes == {"mean": (3, 9), "features": (3, 5, 4), "weight": (3, 5)}


def test_filling_does_not_count(rng):
    features = rng.normal(size=(3, 7, 9))
    assert_filling_does_not_count(built(None, 0.2), features)


def test_declares_its_properties():
    assert not LayerMatching.cacheable and not LayerMatching.class_separable
    with pytest.raises(TypeError, match="LayerMatching cannot be merged"):
        LayerMatching().merge({}, {})


def test_a_trainer_takes_compiled_steps(experts, small_data):
    layers = experts.with_feature_layer(["relu_1", "features"])
    assert_takes_steps(layers, small_data, LayerMatching(), 0.01)


def test_a_trainer_refuses_weights_of_other_layers(experts, small_data):
    message = r"each layer that is read, 1; .*Received: .*\(1.0, 0.5\)"
    with pytest.raises(ValueError, match=message):
        assert_takes_steps(experts, small_data, LayerMatching([1, 0.5]), 0.1)


def test_is_built_before_use_and_once(rng):
    features = as_tensor(rng.normal(size=(3, 5, 9)))
    with pytest.raises(ValueError, match="call `build` first"):
        LayerMatching().summarize(features)
    objective = built()
    objective.build(list(SIZES))
    with pytest.raises(ValueError, match=r"of sizes \(9,\), after \(3, 2, 4\)"):
        objective.build((9,))
    with pytest.raises(ValueError, match="features of size 8"):
        objective.summarize(features[..., :8])


def test_config_makes_the_same_objective():
    given = {"layer_weights": [0.5, 1.0], "discrimination_weight": 0.2}
    assert LayerMatching(**given).get_config() == given
    assert LayerMatching().get_config() == {
        "layer_weights": None,
        "discrimination_weight": 0.01,
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"layer_weights": 1.0}, "must be a sequence of numbers"),
        ({"layer_weights": [1.0, -1.0]}, "`layer_weights` must be a finite"),
        ({"discrimination_weight": np.inf}, "`discrimination_weight` must be"),
    ],
)
def test_refuses(given, message):
    with pytest.raises(ValueError, match=message):
        LayerMatching(**given)
