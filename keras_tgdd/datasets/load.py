"""Data sets by name."""

from keras_tgdd.arguments import PathLike
from keras_tgdd.datasets.digits import load_digits
from keras_tgdd.datasets.image_dataset import ImageDataset
from keras_tgdd.datasets.image_dataset import to_dataset
from keras_tgdd.datasets.tfds_images import load_tfds

# Sets of characters, whose mirror images are of another class or none.
_NO_FLIP = ("digits", "mnist", "kmnist", "emnist", "svhn", "omniglot")


def load(
    name: str,
    data_dir: PathLike | None = None,
    *,
    image_size: int | None = None,
) -> ImageDataset:
    """Loads a labelled image data set.

    Args:
        name: `"digits"`, the 1,797 real handwritten digits (8 x 8) that
            scikit-learn ships, or the name of an image-classification set of
            tensorflow-datasets: `"mnist"`, `"fashion_mnist"`, `"cifar10"`,
            `"cifar100"`, `"svhn_cropped"`, `"imagenette"`, ...
        data_dir: path where tensorflow-datasets keeps its data. `None` means
            its default, `~/tensorflow_datasets` or `$TFDS_DATA_DIR`. A set
            that is not there is downloaded.
        image_size: int, side in pixels to which images are resized and
            centre-cropped. `None` keeps their size, or uses 128 where sizes
            differ.

    Returns:
        `ImageDataset` with uint8 images of shape
        `(n, height, width, channels)`, int64 labels, class names, and the
        `Normalization` of the training images.

    Raises:
        ValueError: if there is no such set, or it has no images with labels.
        ImportError: if tensorflow-datasets, or scikit-learn for `"digits"`,
            is not installed.
        RuntimeError: if the set is not in `data_dir` and cannot be
            downloaded.

    Example:

    ```python
    data = keras_tgdd.datasets.load("digits")
    data.x_train.shape  # (1437, 8, 8, 1)
    ```
    """
    if name == "digits":
        splits, class_names = load_digits(image_size)
    else:
        splits, class_names = load_tfds(name, data_dir, image_size)
    flip = not name.startswith(_NO_FLIP)
    return to_dataset(name, splits, class_names, flip)
