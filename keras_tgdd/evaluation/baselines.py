"""Sets of real images, the baselines of a distilled set."""

from typing import Any

import numpy as np

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.arguments import check_labels
from keras_tgdd.datasets.selection import check_selection
from keras_tgdd.datasets.selection import choose_images
from keras_tgdd.datasets.training_data import as_training_data
from keras_tgdd.synthetic.class_counts import class_counts
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.synthetic.synthetic_images import SyntheticImages


def select_images(
    data: Any,
    images_per_class: ImagesPerClass,
    selection: str = "random",
    *,
    features: np.ndarray | None = None,
    factor: int = 1,
    seed: int = 0,
) -> DistilledDataset:
    """Selects real images to compare a distilled set with.

    Args:
        data: `TrainingData`, `ImageDataset` (its training part), a pair
            `(x, y)` of arrays, or batches. Class names and normalization
            come from it.
        images_per_class: positive int, stored images per class; or one number
            per class, as a sequence or as a mapping from labels or names.
        selection: how the images of a class are selected: `"random"`;
            `"herding"`, whose mean approximates the mean of the class in
            feature space; `"k_center"`, which covers the features of the
            class; or `"k_means"`, the images nearest to the centres of
            clusters. Defaults to `"random"`.
        features: float array of shape `(n, size)`, such as
            `experts.features(x)`, in which distances are Euclidean. `None`
            uses the pixels.
        factor: positive int. `1` stores whole images. A larger factor stores
            mosaics of `factor**2` down-sampled real images, as distilled sets
            with this factor do. Defaults to `1`.
        seed: int, seed of the selection. Defaults to `0`.

    Returns:
        `DistilledDataset`. A class with fewer images than requested repeats
        them cyclically.

    Raises:
        TypeError: if `data` is not a supported source of labelled images.
        ValueError: if images and labels do not fit, a class has no image,
            `selection` is unknown, or `features` does not have one row per
            image.
        ImportError: if `"k_center"` or `"k_means"` is requested and
            scikit-learn is not installed.

    Example:

    ```python
    data = keras_tgdd.datasets.from_arrays(x_train, y_train)
    herded = select_images(
        data, 10, "herding", features=experts.features(data.x)
    )
    ```

    References:
        - [DC-bench](https://arxiv.org/abs/2207.09639)
    """
    real = as_training_data(data)
    # A class must have an image to repeat.
    check_labels(real.y, len(real.x), real.num_classes)
    check_selection("selection", selection)
    counts = class_counts(images_per_class, real.num_classes, real.class_names)
    if features is None:
        features = real.x
    elif len(features) != len(real.x):
        raise ValueError(
            "`features` must have one row per image. Received: "
            f"{len(features)} rows for {len(real.x)} images"
        )
    synthetic = SyntheticImages(
        real.num_classes, counts, real.image_shape, factor
    )
    chosen = choose_images(
        selection, features, real.y, synthetic.decoded_counts, seed
    )
    synthetic.adapt(real.x[chosen], real.y[chosen], mode="mosaic", seed=seed)
    return DistilledDataset(
        synthetic.stored_images(),
        labels=synthetic.labels.ravel(),
        class_names=real.class_names,
        factor=factor,
        normalization=real.normalization,
        info={"method": f"{selection} real images", "seed": seed},
    )
