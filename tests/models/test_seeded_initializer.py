import keras
import numpy as np
import pytest
from keras import initializers

from keras_tgdd.models.seeded_initializer import SeededInitializer
from keras_tgdd.models.seeded_initializer import supports

# With seeds: two samples of one distribution are far apart now and then.
KINDS = [
    initializers.RandomUniform(-0.3, 0.1, seed=2),
    initializers.RandomNormal(0.5, 0.2, seed=2),
    initializers.TruncatedNormal(-0.1, 0.3, seed=2),
    initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal", seed=2),
    initializers.GlorotUniform(seed=2),
    initializers.HeNormal(seed=2),
    initializers.LecunUniform(seed=2),
]


def draw(initializer, shape):
    return keras.ops.convert_to_numpy(initializer(shape))


@pytest.mark.parametrize("shape", [(200, 300), (3, 3, 40, 60), (5000,)])
@pytest.mark.parametrize("kind", KINDS, ids=lambda k: type(k).__name__)
def test_has_the_distribution_of_keras(kind, shape):
    expected = draw(kind, shape).ravel()
    actual = draw(SeededInitializer(kind, 1), shape).ravel()
    assert actual.dtype == expected.dtype
    scale, error = expected.std(), 4 / np.sqrt(expected.size)
    np.testing.assert_allclose(actual.mean(), expected.mean(), atol=error)
    np.testing.assert_allclose(actual.std(), scale, rtol=2 * error)
    levels = [0.001, 0.1, 0.5, 0.9, 0.999]
    difference = np.quantile(actual, levels) - np.quantile(expected, levels)
    allowed = np.array([0.4, 0.15, 0.1, 0.15, 0.4]) * scale
    assert np.all(np.abs(difference) < allowed)


@pytest.mark.parametrize("shape", [(20, 30), (30, 20), (3, 3, 4, 50)])
def test_orthogonal(shape):
    values = draw(SeededInitializer(initializers.Orthogonal(2.0), 3), shape)
    matrix = values.reshape(-1, shape[-1])
    if matrix.shape[0] < matrix.shape[1]:
        matrix = matrix.T
    product = matrix.T @ matrix
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_a_seed_means_these_values_on_every_backend():
    values = draw(SeededInitializer(initializers.RandomUniform(0, 1), 7), (2,))
    expected = np.random.default_rng(7).uniform(0, 1, 2)
    np.testing.assert_array_equal(values, expected.astype("float32"))


def test_config_round():
    first = SeededInitializer(initializers.HeNormal(), 4)
    config = keras.saving.serialize_keras_object(first)
    again = keras.saving.deserialize_keras_object(config)
    np.testing.assert_array_equal(draw(again, (4, 5)), draw(first, (4, 5)))


def test_refuses_what_it_cannot_draw():
    assert supports("GlorotNormal") and not supports("Zeros")
    assert not supports("MyInitializer")
    with pytest.raises(ValueError, match="Received: Identity"):
        SeededInitializer(initializers.Identity(), 0)
