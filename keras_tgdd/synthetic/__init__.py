"""Synthetic images: how they are parameterised, and the set they become."""

from keras_tgdd.synthetic import formats
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.synthetic.multi_formation import MultiFormation
from keras_tgdd.synthetic.parameterization import Parameterization
from keras_tgdd.synthetic.pixel_range import PixelRange
from keras_tgdd.synthetic.synthetic_images import SyntheticImages

__all__ = [
    "DistilledDataset",
    "MultiFormation",
    "Parameterization",
    "PixelRange",
    "SyntheticImages",
    "formats",
]
