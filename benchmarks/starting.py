"""What the images of a benchmark's set start from."""

from keras_tgdd.evaluation import select_images
from keras_tgdd.layers import SyntheticImages


def first_images(method, data, experts, images_per_class, factor, seed=0):
    """Returns mosaics of real images.

    Args:
        method: string, of `select_images`, which reads the features of the
            experts; `"random"` draws images as `SyntheticImages.adapt` does.
        data: `ImageDataset`.
        experts: `ExpertTrajectories`.
        images_per_class: int.
        factor: int, tiles on a side of an image.
        seed: int.

    Returns:
        `SyntheticImages`.
    """
    if method == "random":
        synthetic = SyntheticImages(
            data.num_classes, images_per_class, data.image_shape, factor
        )
        synthetic.adapt(data.x_train, data.y_train, seed=seed)
        return synthetic
    chosen = select_images(
        data.x_train,
        data.y_train,
        images_per_class,
        method,
        experts.features(data.x_train),
        factor=factor,
        mean=data.mean,
        std=data.std,
        seed=seed,
    )
    return SyntheticImages.from_distilled(chosen)
