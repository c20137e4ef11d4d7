"""Layers of dataset distillation."""

from keras_tgdd.layers.instance_normalization import InstanceNormalization
from keras_tgdd.layers.multi_formation import MultiFormation
from keras_tgdd.layers.pixel_range import PixelRange
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.layers.synthetic_images import SyntheticImages

__all__ = [
    "InstanceNormalization",
    "MultiFormation",
    "PixelRange",
    "SiameseAugmentation",
    "SyntheticImages",
]
