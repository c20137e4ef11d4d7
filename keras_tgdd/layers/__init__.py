"""Keras layers of dataset distillation."""

from keras_tgdd.layers.block_average_pooling import BlockAveragePooling2D
from keras_tgdd.layers.instance_normalization import InstanceNormalization
from keras_tgdd.layers.position_embedding import PositionEmbedding
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.synthetic.multi_formation import MultiFormation
from keras_tgdd.synthetic.parameterization import Parameterization
from keras_tgdd.synthetic.pixel_range import PixelRange
from keras_tgdd.synthetic.synthetic_images import SyntheticImages

__all__ = [
    "BlockAveragePooling2D",
    "InstanceNormalization",
    "MultiFormation",
    "Parameterization",
    "PixelRange",
    "PositionEmbedding",
    "SiameseAugmentation",
    "SyntheticImages",
]
