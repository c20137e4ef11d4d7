"""Base of trajectories that use the snapshots of experts."""

from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.expert_trajectories import check_experts
from keras_tgdd.trajectories.trajectory import Trajectory


class ExpertBased(Trajectory):
    """Base of trajectories that draw from the snapshots of experts.

    Network, normalization and class names are the experts'.

    Args:
        experts: `ExpertTrajectories`.

    Attributes:
        experts: `ExpertTrajectories`, as given.

    Raises:
        TypeError: if `experts` are no `ExpertTrajectories`.
    """

    def __init__(self, experts: ExpertTrajectories) -> None:
        check_experts(experts)
        self.experts = experts
        self.network = experts.network
        self.normalization = experts.normalization
        self.class_names = experts.class_names
