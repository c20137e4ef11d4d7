import numpy as np
import pytest
from keras import ops
from support.gradients import assert_matches_oracle
from support.gradients import value_and_gradient
from support.objective_steps import AUGMENTATION
from support.objective_steps import as_tensor
from support.objective_steps import assert_filling_does_not_count
from support.objective_steps import assert_merges
from support.objective_steps import assert_takes_steps
from support.objective_steps import make

import keras_tgdd
from keras_tgdd.objectives import CharacteristicFunctionMatching


def built(size, **given):
    given = {"num_frequencies": 16, **given}
    objective = CharacteristicFunctionMatching(**given)
    objective.build((size,))
    return objective


def phi(features, frequency):
    total = 0.0
    for feature in features:
        normalized = feature / np.sqrt(np.sum(feature**2))
        total += np.exp(1j * np.dot(normalized, frequency))
    return total / len(features)


def oracle(real, synthetic, frequencies, alpha, weight):
    losses = []
    for real_class, synthetic_class in zip(real, synthetic, strict=True):
        terms = []
        for frequency in frequencies.T:
            t, s = phi(real_class, frequency), phi(synthetic_class, frequency)
            phase = 1 - np.cos(np.angle(t) - np.angle(s))
            terms.append(
                np.sqrt(
                    alpha * (abs(t) - abs(s)) ** 2
                    + (1 - alpha) * 2 * abs(t) * abs(s) * phase
                )
            )
        losses.append(weight * np.mean(terms))
    return np.array(losses)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 0.5, 1.0])
def test_matches_oracle_in_value_and_gradient(rng, alpha):
    real = rng.normal(size=(3, 5, 4))
    objective = built(4, amplitude_weight=alpha, weight=20.0, seed=4)
    summary = objective.summarize(as_tensor(real))
    frequencies = objective.draw_frequencies(4)
    assert_matches_oracle(
        lambda features: objective.compare(summary, features),
        lambda features: oracle(real, features, frequencies, alpha, 20.0),
        rng.normal(size=(3, 2, 4)),
    )


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_gradient_is_finite_where_nothing_differs(rng, alpha):
    objective = built(4, amplitude_weight=alpha)
    for real in (rng.normal(size=(2, 3, 4)), np.zeros((2, 3, 4))):
        summary = objective.summarize(as_tensor(real))
        value, gradient = value_and_gradient(
            lambda features: ops.sum(objective.compare(summary, features)),
            real,
        )
        # Two classes of 300 times the root of 1e-12, and rounding.
        assert 0 <= value < 2 * 300 * 1e-4
        assert np.all(np.isfinite(gradient))


def test_the_norm_of_features_does_not_matter(rng):
    objective = built(6)
    real, synthetic = rng.normal(size=(2, 2, 4, 6))
    losses = [
        ops.convert_to_numpy(
            objective.compare(
                objective.summarize(as_tensor(scale * real)),
                as_tensor(synthetic),
            )
        )
        for scale in (1.0, 50.0)
    ]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


def test_summaries_merge_and_filling_does_not_count(rng):
    features = rng.normal(size=(3, 7, 4))
    assert_merges(built(4), features)
    assert_filling_does_not_count(built(4), features)


def test_frequencies_are_standard_normal_and_fixed_by_the_seed():
    first = CharacteristicFunctionMatching(2000).draw_frequencies(10)
    assert abs(first.mean()) < 0.03 and abs(first.std() - 1) < 0.03
    again = CharacteristicFunctionMatching(2000).draw_frequencies(10)
    np.testing.assert_array_equal(again, first)
    other = CharacteristicFunctionMatching(2000, seed=1).draw_frequencies(10)
    assert np.all(other != first)


def test_one_objective_reads_features_of_several_sizes(rng):
    objective = built(4)
    objective.build((2, 3))
    for size in (4, 5):
        features = as_tensor(rng.normal(size=(2, 3, size)))
        loss = objective.compare(objective.summarize(features), features)
        assert loss.shape == (2,)
    with pytest.raises(ValueError, match=r"call `build\(\(6,\)\)` first.*4, 5"):
        objective.summarize(as_tensor(np.zeros((2, 3, 6))))


def test_a_trainer_takes_compiled_steps(experts, small_data):
    objective = CharacteristicFunctionMatching(64, weight=10.0)
    assert_takes_steps(experts, small_data, objective, 0.5)


def test_distils_from_summaries(experts, small_data, tmp_path):
    objective = CharacteristicFunctionMatching(32)
    summaries, again = (
        keras_tgdd.summarize(
            experts,
            small_data,
            objective,
            augmentation=AUGMENTATION,
            plan=3,
            directory=tmp_path,
            verbose=0,
        )
        for _ in range(2)
    )
    assert summaries.values["real"].shape == (3, 3, 32)
    np.testing.assert_array_equal(
        again.values["imag"], summaries.values["imag"]
    )
    trainer = make(experts, small_data, objective, 0.5)
    start = ops.convert_to_numpy(trainer.synthetic.images.value).copy()
    trainer.fit(summaries, steps_per_epoch=2, verbose=0)
    moved = ops.convert_to_numpy(trainer.synthetic.images.value) - start
    assert np.all(np.abs(moved).reshape(3, -1).max(axis=1) > 1e-3)


def test_config_makes_the_same_objective():
    given = dict(num_frequencies=8, amplitude_weight=0.25, weight=2.0, seed=3)
    assert CharacteristicFunctionMatching(**given).get_config() == given
    assert CharacteristicFunctionMatching.cacheable
    assert CharacteristicFunctionMatching.class_separable


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"num_frequencies": 0}, "`num_frequencies` must be a positive"),
        ({"amplitude_weight": 1.5}, r"number in \[0, 1\]. Received: .*1.5"),
        ({"amplitude_weight": -0.1}, "`amplitude_weight` must be a finite"),
        ({"weight": np.nan}, "`weight` must be a finite"),
        ({"seed": -1}, "`seed` must be an integer"),
    ],
)
def test_refuses(given, message):
    with pytest.raises(ValueError, match=message):
        CharacteristicFunctionMatching(**given)
