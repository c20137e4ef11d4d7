"""Real data sets: loading, describing and drawing from them."""

from keras_tgdd.datasets.folders.from_directory import from_directory
from keras_tgdd.datasets.folders.from_imagenet import from_imagenet
from keras_tgdd.datasets.folders.from_tiny_imagenet import from_tiny_imagenet
from keras_tgdd.datasets.image_dataset import ImageDataset
from keras_tgdd.datasets.image_stream import ImageStream
from keras_tgdd.datasets.load import load
from keras_tgdd.datasets.long_tailed import long_tailed
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.datasets.representative_images import RepresentativeImages
from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.datasets.training_data import from_arrays

__all__ = [
    "ImageDataset",
    "ImageStream",
    "Normalization",
    "RepresentativeImages",
    "TrainingData",
    "from_arrays",
    "from_directory",
    "from_imagenet",
    "from_tiny_imagenet",
    "load",
    "long_tailed",
]
