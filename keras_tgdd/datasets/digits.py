"""Scikit-learn's handwritten digits, the data set that needs no download."""

import numpy as np

from keras_tgdd.datasets.resize import fit_image
from keras_tgdd.runtime.optional import require

# The split is part of the data set: results compare only under the same one.
_SPLIT_SEED = 0
_TEST_IMAGES = 360


def load_digits(image_size: int | None = None) -> tuple:
    """Returns the digits with a fixed, stratified split.

    Args:
        image_size: int, side in pixels to resize to. `None` keeps 8 pixels.

    Returns:
        `((x_train, y_train), (x_test, y_test))`, uint8 images of shape
        `(n, 8, 8, 1)` and int64 labels, and the class names.

    Raises:
        ImportError: if scikit-learn is not installed, or Pillow where the
            images are resized.
    """
    purpose = "The data set 'digits'"
    datasets = require("sklearn.datasets", "selection", purpose)
    selection = require("sklearn.model_selection", "selection", purpose)
    bunch = datasets.load_digits()
    # Stored in 17 grey levels, 0 to 16.
    x = np.round(bunch.images * (255.0 / 16.0)).astype("uint8")[..., None]
    y = bunch.target.astype("int64")
    if image_size is not None:
        x = np.stack([fit_image(image, image_size) for image in x])
    x_train, x_test, y_train, y_test = selection.train_test_split(
        x, y, test_size=_TEST_IMAGES, random_state=_SPLIT_SEED, stratify=y
    )
    names = tuple(str(digit) for digit in range(10))
    return ((x_train, y_train), (x_test, y_test)), names
