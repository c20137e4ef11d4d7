"""Classifiers as functional Keras models."""

from keras_tgdd.models.alex_net import AlexNet
from keras_tgdd.models.conv_net import ConvNet
from keras_tgdd.models.dense_net import DenseNet121
from keras_tgdd.models.frozen_network import FrozenNetwork
from keras_tgdd.models.mlp import MLP
from keras_tgdd.models.res_net import ResNet
from keras_tgdd.models.vgg import VGG11
from keras_tgdd.models.vision_transformer import VisionTransformer

__all__ = [
    "MLP",
    "AlexNet",
    "ConvNet",
    "DenseNet121",
    "FrozenNetwork",
    "ResNet",
    "VGG11",
    "VisionTransformer",
]
