"""Networks that are made of recorded experts."""

from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.expert_trajectories import check_experts
from keras_tgdd.trajectories.trajectory import Trajectory


class ExpertBased(Trajectory):
    """Base of trajectories that read snapshots of experts in their own way.

    Args:
        experts: `ExpertTrajectories`.

    Attributes:
        experts: what was given.

    Raises:
        TypeError: if `experts` are no `ExpertTrajectories`.
    """

    def __init__(self, experts: ExpertTrajectories) -> None:
        check_experts(experts)
        self.experts = experts
        self.network = experts.network
        self.mean, self.std = experts.mean, experts.std
        self.class_names = experts.class_names
