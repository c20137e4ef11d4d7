import numpy as np

from keras_tgdd.trajectories import InterpolatedExperts


def generator(seed=0):
    return np.random.default_rng(seed)


def test_features_use_a_point_on_the_line_and_the_constraint_its_end(experts):
    trajectory = InterpolatedExperts(experts)
    shares = []
    for seed in range(40):
        # The same draws from an equal generator.
        same = generator(seed)
        expert, share = int(same.integers(2)), same.random()
        weights, later, scale = trajectory.draw(generator(seed), region=7)
        assert scale is None
        initial = np.float64(experts.weights(expert, 0))
        final = np.float64(experts.weights(expert, 3))
        assert weights.dtype == np.float32
        np.testing.assert_allclose(
            weights, share * initial + (1 - share) * final, atol=1e-6
        )
        np.testing.assert_array_equal(later, experts.weights(expert, 3))
        described = trajectory.describe_draw(generator(seed), region=7)
        assert (
            described == f"expert {expert}, {share:.3f} of its initialization"
        )
        shares.append(share)
    assert min(shares) < 0.15 and max(shares) > 0.85


def test_snapshots_do_not_change(experts):
    before = experts.weights(0, 0).copy(), experts.weights(0, 3).copy()
    for seed in range(5):
        InterpolatedExperts(experts).draw(generator(seed), region=7)
    np.testing.assert_array_equal(experts.weights(0, 0), before[0])
    np.testing.assert_array_equal(experts.weights(0, 3), before[1])
