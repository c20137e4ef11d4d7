"""CutMix with one box per batch, as in the published training of experts.

`keras.layers.CutMix` draws a ratio and a box per image and mixes labels by the
nominal area. Here all images of a batch share one ratio and one box, and
labels are mixed by the area of the box after clipping.
"""

import numpy as np
from keras import ops

from keras_tgdd.arguments import Tensor


def draw_cutmix(
    generator: np.random.Generator,
    probability: float,
    targets: np.ndarray,
    image_size: tuple[int, int],
    count: int,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Draws the box and the partners of a batch, and mixes the labels.

    Args:
        generator: `numpy.random.Generator`.
        probability: float, probability that the batch is mixed at all.
        targets: float32 array of shape `(batch, num_classes)`, one-hot or
            soft labels.
        image_size: pair of ints, `(height, width)`.
        count: int, images of the batch that are not repeats; only these are
            partners of each other.

    Returns:
        A dict with `"partner"`, int32 of shape `(batch,)`, and `"box"`,
        int32 of shape `(batch, 4)` (top, bottom, left, right; the same in
        each row), and the mixed targets.
    """
    batch = len(targets)
    height, width = image_size
    partner = np.arange(batch)
    box = np.zeros(4, int)
    if generator.random() < probability:
        ratio = np.sqrt(1.0 - generator.beta(1.0, 1.0))
        half = (np.array([height, width]) * ratio).astype(int) // 2
        centre = generator.integers(0, [height, width])
        top, left = np.maximum(centre - half, 0)
        bottom, right = np.minimum(centre + half, [height, width])
        box = np.array([top, bottom, left, right])
        partner[:count] = generator.permutation(count)
    area = (box[1] - box[0]) * (box[3] - box[2]) / (height * width)
    mixed = (1.0 - area) * targets + area * targets[partner]
    draw = {
        "partner": partner.astype("int32"),
        "box": np.tile(box.astype("int32"), (batch, 1)),
    }
    return draw, mixed.astype("float32")


def apply_cutmix(images: Tensor, draw: dict[str, Tensor]) -> Tensor:
    """Pastes the box of each image's partner.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`.
        draw: the dict that `draw_cutmix` returned.

    Returns:
        A tensor of the shape of `images`.
    """
    rows = ops.arange(images.shape[1], dtype="int32")[None, :, None, None]
    columns = ops.arange(images.shape[2], dtype="int32")[None, None, :, None]
    top, bottom, left, right = (
        draw["box"][:, side, None, None, None] for side in range(4)
    )
    inside = (rows >= top) & (rows < bottom)
    inside = inside & (columns >= left) & (columns < right)
    return ops.where(inside, ops.take(images, draw["partner"], axis=0), images)
