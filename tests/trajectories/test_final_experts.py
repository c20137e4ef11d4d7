import numpy as np

from keras_tgdd.trajectories import FinalExperts


def generator(seed=0):
    return np.random.default_rng(seed)


def test_every_draw_is_the_last_snapshot_of_an_expert(experts):
    trajectory = FinalExperts(experts)
    finals = [experts.weights(expert, 3) for expert in range(2)]
    drawn = set()
    for seed in range(20):
        weights, later, scale = trajectory.draw(generator(seed), region=7)
        np.testing.assert_array_equal(weights, later)
        assert scale is None
        (expert,) = (e for e in range(2) if np.array_equal(weights, finals[e]))
        described = trajectory.describe_draw(generator(seed), region=7)
        assert described == f"expert {expert}, last snapshot"
        drawn.add(expert)
    assert drawn == {0, 1}
