"""Experts and other networks of a distillation, and their recording."""

from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.final_experts import FinalExperts
from keras_tgdd.trajectories.interpolated_experts import InterpolatedExperts
from keras_tgdd.trajectories.network_queue import NetworkQueue
from keras_tgdd.trajectories.queued_network import QueuedNetwork
from keras_tgdd.trajectories.random_networks import RandomNetworks
from keras_tgdd.trajectories.train_experts import train_experts
from keras_tgdd.trajectories.trajectory import NetworkDraw
from keras_tgdd.trajectories.trajectory import Trajectory

__all__ = [
    "ExpertTrajectories",
    "FinalExperts",
    "InterpolatedExperts",
    "NetworkDraw",
    "NetworkQueue",
    "QueuedNetwork",
    "RandomNetworks",
    "Trajectory",
    "train_experts",
]
