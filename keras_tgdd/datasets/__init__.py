"""Real data sets."""

from keras_tgdd.datasets.folders.from_directory import from_directory
from keras_tgdd.datasets.folders.from_imagenet import from_imagenet
from keras_tgdd.datasets.folders.from_tiny_imagenet import from_tiny_imagenet
from keras_tgdd.datasets.image_dataset import ImageDataset
from keras_tgdd.datasets.image_stream import ImageStream
from keras_tgdd.datasets.load import load
from keras_tgdd.datasets.long_tailed import long_tailed
from keras_tgdd.datasets.representative_images import RepresentativeImages

__all__ = [
    "ImageDataset",
    "ImageStream",
    "RepresentativeImages",
    "from_directory",
    "from_imagenet",
    "from_tiny_imagenet",
    "load",
    "long_tailed",
]
