"""Fingerprints that stored summaries and checkpoints name.

The values are those of commit 53af870. A change would make every stored file
one of other experts.
"""

import keras
import numpy as np
import pytest

from keras_tgdd import ExpertTrajectories
from keras_tgdd import Normalization
from keras_tgdd.trajectories import FinalExperts
from keras_tgdd.trajectories import InterpolatedExperts
from keras_tgdd.trajectories import NetworkQueue
from keras_tgdd.trajectories import RandomNetworks
from keras_tgdd.trajectories.expert_files import ExpertWriter

# No backend takes part.
pytestmark = pytest.mark.once

DESCRIPTION = {
    "network": "{}",
    "weight_shapes": [[6, 2], [2]],
    "feature_layer": None,
    "image_shape": [2, 3, 1],
    "num_classes": 2,
    "mean": [0.25],
    "std": [0.5],
    "class_names": ["cat", "dog"],
    "data": "abc",
    "recipe": {
        "name": "expert",
        "epochs": 2,
        "batch_size": 64,
        "learning_rate": 0.01,
        "momentum": 0.9,
        "weight_decay": 5e-4,
        "milestones": (2 / 3, 5 / 6),
        "decay": 0.2,
        "augmentation": ("color", "crop"),
        "cutmix": 0.5,
    },
    "keras": "3.15.1",
    "backend": "jax",
}


def network():
    return keras.Sequential(
        [
            keras.Input((2, 3, 1)),
            keras.layers.Flatten(data_format="channels_last"),
            keras.layers.Dense(2, name="logits"),
        ]
    )


@pytest.fixture
def two_experts(tmp_path):
    for expert in range(2):
        writer = ExpertWriter(
            tmp_path, expert, {**DESCRIPTION, "seed": [3, expert]}
        )
        for snapshot in range(3):
            weights = np.arange(14, dtype="float32") / 8
            accuracy = snapshot / 4 if snapshot else np.nan
            writer.append(
                snapshot, weights + expert + 10 * snapshot, (accuracy, np.nan)
            )
        writer.finish()
    return ExpertTrajectories.load(tmp_path, network())


@pytest.mark.parametrize(
    "trajectory, fingerprint",
    [
        (
            lambda experts: experts,
            "ff2e10217e3850010b6130ddf765bb8108e6bb2ebf31f4de676a00e5c3648e59",
        ),
        (
            lambda experts: experts.with_feature_layer("logits"),
            "c97b5ad78c82d27a9154fc5ea27dae30bcdea934348e8305170275b14dc0fe45",
        ),
        (
            FinalExperts,
            "7ebadf23f7fafb9190a37a229072acfb087aa26e4fc4581c5d3192ca076cbea6",
        ),
        (
            InterpolatedExperts,
            "e4560a4f9707d9be856135eb4f409eeb84d88e967b5d15f09ef7d89d0f02990f",
        ),
    ],
)
def test_of_experts(two_experts, trajectory, fingerprint):
    assert trajectory(two_experts).fingerprint() == fingerprint


@pytest.mark.parametrize(
    "steps_per_network, fingerprint",
    [
        (1, "51c219f5f14143816c22877336f20ef8938d85e43107ed38cc9c36717db90b83"),
        (5, "a5e854c9ae847c654a13936aac19004b9974867dd10927da8c56d9bdc2387727"),
    ],
)
def test_of_random_networks(steps_per_network, fingerprint):
    networks = RandomNetworks(
        network(),
        Normalization(0.4, [0.2]),
        steps_per_network=steps_per_network,
    )
    assert networks.fingerprint() == fingerprint


@pytest.mark.parametrize(
    "settings, fingerprint",
    [
        (
            {},
            "0c62f982e4868bb3bf69f01d7ab9f5f7171290b25f4e40206bc4343e64b97536",
        ),
        (
            {
                "capacity": 4,
                "augmentation": ("color", ("crop", "rotate")),
                "seed": 1,
            },
            "8bdf5e99d556ff77da6085153e8899433f7c6147056976fd81f101be4023bcc7",
        ),
    ],
)
def test_of_a_queue(settings, fingerprint):
    x = np.arange(24, dtype="uint8").reshape(4, 2, 3, 1)
    y = np.array([0, 1, 0, 1])
    queue = NetworkQueue(
        network(), (x, y), normalization=Normalization(0.4, 0.2), **settings
    )
    assert queue.fingerprint() == fingerprint
