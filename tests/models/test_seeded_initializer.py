import keras
import numpy as np
import pytest
from keras import initializers

from keras_tgdd.models.seeded_initializer import DrawRecord
from keras_tgdd.models.seeded_initializer import SeededInitializer
from keras_tgdd.models.seeded_initializer import recording_draws
from keras_tgdd.models.seeded_initializer import supports

# With seeds, because two random samples of one distribution may be far apart.
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


@pytest.mark.parametrize(
    "kind, values",
    [
        (KINDS[0], [-0.04996181, 0.05888552, -0.2824232]),
        (KINDS[1], [0.50024605, 0.55974913, 0.5542529]),
        (KINDS[2], [-0.09963095, -0.01037634, -0.01862069]),
        (KINDS[3], [0.00050221, 0.12196235, 0.11074321]),
        (KINDS[4], [0.1444478, 0.458663, -0.52661043]),
        (KINDS[5], [0.00080742, 0.19608434, 0.17804682]),
        (KINDS[6], [0.17691171, 0.5617452, -0.6449634]),
        (initializers.Orthogonal(2.0), [0.00103423, 0.41443425, 0.7704101]),
    ],
    ids=lambda k: type(k).__name__,
)
def test_draws_are_those_of_commit_53af870(kind, values):
    """Other values would change every seeded network."""
    drawn = draw(SeededInitializer(kind, 7), (3, 2, 4)).ravel()
    np.testing.assert_allclose(drawn[[0, 1, 23]], values, atol=1e-7)


def test_weights_of_one_seed_differ_within_a_record():
    initializer = SeededInitializer(initializers.RandomUniform(0, 1), 7)
    alone = draw(initializer, (5,))
    with recording_draws() as record:
        first, second = draw(initializer, (5,)), draw(initializer, (5,))
    np.testing.assert_array_equal(first, alone)
    assert np.all(second != first)
    assert [d.number for d in record.draws] == [0, 1]
    for drawn, values in zip(record.draws, (first, second), strict=True):
        np.testing.assert_array_equal(drawn.values().astype("float32"), values)
    np.testing.assert_array_equal(draw(initializer, (5,)), alone)


def test_marks_name_the_draw_of_a_weight():
    initializer = SeededInitializer(initializers.RandomUniform(0, 1), 7)
    with recording_draws(marking=True) as record:
        weights = [draw(initializer, (2, 3)) for _ in range(300)]
    assert weights[7].dtype == np.float32
    for weight, drawn in zip(weights, record.draws, strict=True):
        assert record.marked(weight) is drawn


@pytest.mark.parametrize(
    "weight",
    [
        np.zeros(3),
        np.ones((2, 2)),
        np.zeros((0, 2)),
        np.array([2.0**20, 2.0**20 + 1]),  # marks of two draws
        np.full(3, 2.0**20 + 2),  # more than there are draws
        np.full(3, 2.0**20 + 0.5),
        np.full(3, 2.0**20 - 1),
        np.full(3, np.nan),
        np.full(3, np.inf),
    ],
)
def test_other_values_are_no_marks(weight):
    record = DrawRecord(marking=True)
    for _ in range(2):
        record.draw(initializers.RandomUniform(0, 1), 7, (3,))
    assert record.marked(weight) is None


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
