"""Networks along their training, and how they are recorded."""

from keras_tgdd.training.expert_recipes import expert_recipe
from keras_tgdd.training.expert_recipes import short_recipe
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.final_experts import FinalExperts
from keras_tgdd.trajectories.interpolated_experts import InterpolatedExperts
from keras_tgdd.trajectories.network_queue import NetworkQueue
from keras_tgdd.trajectories.random_networks import RandomNetworks
from keras_tgdd.trajectories.train_experts import train_experts
from keras_tgdd.trajectories.trajectory import Trajectory

__all__ = [
    "ExpertTrajectories",
    "FinalExperts",
    "InterpolatedExperts",
    "NetworkQueue",
    "RandomNetworks",
    "Trajectory",
    "expert_recipe",
    "short_recipe",
    "train_experts",
]
