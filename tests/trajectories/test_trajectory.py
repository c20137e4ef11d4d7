import numpy as np
import pytest
from support.networks import small_network

from keras_tgdd import Normalization
from keras_tgdd.models import FrozenNetwork
from keras_tgdd.trajectories import NetworkDraw
from keras_tgdd.trajectories import Trajectory


class Fixed(Trajectory):
    """The smallest subclass: one network, always."""

    def __init__(self, steps_per_refresh=None):
        self.network = FrozenNetwork(small_network((8, 8, 2), 3))
        self.normalization = Normalization().for_channels(2)
        self.class_names = None
        self.steps_per_refresh = steps_per_refresh
        self.refreshes = []

    def draw(self, generator, region):
        weights = self.network.flat_weights()
        return NetworkDraw(weights, weights)

    def refresh(self, number):
        self.refreshes.append(number)


def test_defaults_of_a_subclass():
    trajectory = Fixed()
    draw = trajectory.draw(np.random.default_rng(0), region=1)
    assert draw.constraint_scale is None and not trajectory.scales_constraint
    assert trajectory.steps_per_network == 1
    assert trajectory.fingerprint() == "Fixed"
    assert trajectory.describe_draw(np.random.default_rng(0), 1) == "Fixed"


@pytest.mark.parametrize(
    "steps_per_refresh, refreshes", [(None, []), (1, [0, 2, 7]), (3, [0, 0, 2])]
)
def test_seek_refreshes_by_the_number_of_the_step(steps_per_refresh, refreshes):
    trajectory = Fixed(steps_per_refresh)
    for step in (0, 2, 7):
        trajectory.seek(step)
    assert trajectory.refreshes == refreshes


def test_synthetic_images_of_other_shapes_or_classes_are_refused():
    trajectory = Fixed()
    trajectory.check_fits((8, 8, 2), 3)
    with pytest.raises(ValueError, match=r"\(8, 9, 2\).*\(8, 8, 2\)"):
        trajectory.check_fits((8, 9, 2), 3)
    with pytest.raises(ValueError, match="Received: 4 and 3"):
        trajectory.check_fits((8, 8, 2), 4)
