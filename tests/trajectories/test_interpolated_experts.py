import numpy as np

from keras_tgdd.trajectories import InterpolatedExperts


def generator(seed=0):
    return np.random.default_rng(seed)


def test_features_are_read_on_the_line_and_the_constraint_at_its_end(experts):
    trajectory = InterpolatedExperts(experts)
    shares = []
    for seed in range(40):
        # What the draw takes from its generator, in the order it does.
        same = generator(seed)
        expert, share = int(same.integers(2)), same.random()
        weights, later = trajectory.draw(generator(seed), region=7)
        initial = np.float64(experts.weights(expert, 0))
        final = np.float64(experts.weights(expert, 3))
        assert weights.dtype == np.float32
        np.testing.assert_allclose(
            weights, share * initial + (1 - share) * final, atol=1e-6
        )
        np.testing.assert_array_equal(later, experts.weights(expert, 3))
        said = trajectory.describe_draw(generator(seed), region=7)
        assert said == f"expert {expert}, {share:.3f} of its initialization"
        shares.append(share)
    assert min(shares) < 0.15 and max(shares) > 0.85


def test_snapshots_are_left_alone(experts):
    before = experts.weights(0, 0).copy(), experts.weights(0, 3).copy()
    for seed in range(5):
        InterpolatedExperts(experts).draw(generator(seed), region=7)
    np.testing.assert_array_equal(experts.weights(0, 0), before[0])
    np.testing.assert_array_equal(experts.weights(0, 3), before[1])
