"""What synthetic images start from."""

import numpy as np

from keras_tgdd.evaluation.selection import choose_images
from keras_tgdd.layers.synthetic_images import SyntheticImages
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories


def start_from_real(
    synthetic: SyntheticImages,
    x: np.ndarray,
    y: np.ndarray,
    experts: ExpertTrajectories,
    method: str = "random",
    seed: int = 0,
) -> None:
    """Lets synthetic images start as mosaics of chosen real images.

    Args:
        synthetic: `SyntheticImages`, which take the pixels.
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1].
        y: int array of shape `(n,)`.
        experts: `ExpertTrajectories`; distances are those of the features of
            the first expert's last snapshot.
        method: name of a method of `select_images`. `"random"`, the default,
            reads no features.
        seed: int. Defaults to `0`.
    """
    if method != "random":
        features = experts.features(x)
        counts = synthetic.decoded_counts
        chosen = choose_images(method, features, y, counts, seed)
        x, y = x[chosen], y[chosen]
    synthetic.adapt(x, y, seed=seed)
