"""Starting images of trainers that are built from parts."""

from keras_tgdd.evaluation import select_images
from keras_tgdd.layers import SyntheticImages


def start_images(
    data, images_per_class, start="random", *, features=None, factor=2, seed=0
):
    """Returns synthetic images that start as mosaics of real images.

    Args:
        data: `ImageDataset`, whose training images are used.
        images_per_class: int.
        start: string, a method of `select_images`.
        features: function without arguments that returns the features of all
            training images, for the selection. `"random"` does not call it.
        factor: int, tiles along each side of an image.
        seed: int, seed of the selection and of the mosaics.

    Returns:
        `SyntheticImages`.
    """
    if start == "random":
        synthetic = SyntheticImages(
            data.num_classes, images_per_class, data.image_shape, factor
        )
        synthetic.adapt(data.x_train, data.y_train, seed=seed)
        return synthetic
    selected = select_images(
        data,
        images_per_class,
        start,
        features=features(),
        factor=factor,
        seed=seed,
    )
    return SyntheticImages.from_images(selected.images, factor=factor)
