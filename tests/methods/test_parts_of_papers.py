"""The parts of each method, by what papers and their released code say."""

import numpy as np
import pytest
from keras import ops
from support.paper_steps import build

from keras_tgdd.layers import SyntheticImages
from keras_tgdd.layers.siamese_augmentation import STRATEGIES
from keras_tgdd.methods import method_names
from keras_tgdd.trajectories import ExpertTrajectories
from keras_tgdd.trajectories import InterpolatedExperts
from keras_tgdd.trajectories import NetworkQueue
from keras_tgdd.trajectories import RandomNetworks

COLOR_CROP_CUTOUT = ("color", "crop", "cutout")
ONE_OF_SIX = (STRATEGIES,)
# Kinds of networks: of experts, between their ends, random, in a queue.
TRAJECTORIES = {
    "tgdd": ExpertTrajectories,
    "covariance_tgdd": ExpertTrajectories,
    "dsdm": ExpertTrajectories,
    "wmdd": ExpertTrajectories,
    "dance": InterpolatedExperts,
    "ncfm": InterpolatedExperts,
    "csdm": InterpolatedExperts,
    "dm": RandomNetworks,
    "m3d": RandomNetworks,
    "cafe": RandomNetworks,
    "idm": NetworkQueue,
}
FACTORS = {"dm": 1, "cafe": 1, "wmdd": 1}  # others: multi-formation
AUGMENTATIONS = {"dm": ONE_OF_SIX, "idm": ONE_OF_SIX}  # others: the three
UNAUGMENTED = ("cafe", "wmdd")
REAL_IMAGES = {"dm": 256, "cafe": 256, "ncfm": 1024}  # others: 128
WITHOUT_CONSTRAINT = ("dm", "cafe", "m3d", "dsdm")


def test_every_method_is_held_against_its_paper():
    assert set(TRAJECTORIES) == set(method_names())


@pytest.mark.parametrize("name", TRAJECTORIES)
def test_networks_images_and_augmentation(name, experts, small_data):
    trainer = build(name, experts, small_data, 2)
    parts = trainer.parts
    assert type(parts.trajectory) is TRAJECTORIES[name]
    assert parts.synthetic.factor == FACTORS.get(name, 2)
    assert parts.samples_per_class == REAL_IMAGES.get(name, 128)
    assert parts.constrained == (name not in WITHOUT_CONSTRAINT)
    # Pixels are optimised, at most 200 decoded images per class in a step.
    assert type(parts.synthetic) is SyntheticImages
    assert parts.max_decoded == 200
    if name in UNAUGMENTED:
        draw = parts.augmentation.draw(np.random.default_rng(0), 3, (8, 8))
        images = np.random.default_rng(1).random((3, 2, 8, 8, 2), "float32")
        same = ops.convert_to_numpy(parts.augmentation(images, draw))
        np.testing.assert_array_equal(same, images)
    else:
        assert parts.augmentation.strategies == AUGMENTATIONS.get(
            name, COLOR_CROP_CUTOUT
        )
