"""Classifiers as functional models."""

from keras_tgdd.models.conv_net import ConvNet
from keras_tgdd.models.frozen_network import FrozenNetwork

__all__ = ["ConvNet", "FrozenNetwork"]
