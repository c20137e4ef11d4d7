import shutil

import numpy as np
import pytest
from keras import ops
from support.networks import small_network
from support.networks import softmax_network

import keras_tgdd
from keras_tgdd import ExpertTrajectories
from keras_tgdd.models import ConvNet
from keras_tgdd.trajectories.expert_files import expert_path


@pytest.fixture
def directory(experts, tmp_path):
    """A copy of the experts that may be damaged."""
    shutil.copytree(experts.directory, tmp_path / "experts")
    return tmp_path / "experts"


def test_load_rebuilds_network_and_normalization(experts, directory):
    loaded = ExpertTrajectories.load(directory)
    assert loaded.num_experts == 2
    assert loaded.image_shape == (8, 8, 2) and loaded.num_classes == 3
    assert loaded.class_names == ("dark", "medium", "bright")
    assert loaded.normalization == experts.normalization
    assert loaded.normalization.mean.shape == (2,)
    assert loaded.directory == directory
    for snapshot in range(4):
        np.testing.assert_array_equal(
            loaded.weights(1, snapshot), experts.weights(1, snapshot)
        )


def known_snapshots(experts):
    """Expert and snapshot by the bytes of the weights."""
    return {
        experts.weights(expert, snapshot).tobytes(): (expert, snapshot)
        for expert in range(2)
        for snapshot in range(4)
    }


def test_draw_covers_experts_snapshots_and_region(experts):
    generator = np.random.default_rng(0)
    known = known_snapshots(experts)
    pairs = set()
    for _ in range(400):
        draw = experts.draw(generator, region=2)
        pairs.add(
            (
                known[draw.weights.tobytes()],
                known[draw.constraint_weights.tobytes()],
            )
        )
        assert draw.constraint_scale is None
    expected = {
        ((expert, j), (expert, k))
        for expert in range(2)
        for j in range(4)
        for k in range(j, min(j + 1, 3) + 1)
    }
    assert pairs == expected


def test_a_region_of_one_uses_one_snapshot(experts):
    generator = np.random.default_rng(0)
    for _ in range(20):
        draw = experts.draw(generator, region=1)
        np.testing.assert_array_equal(draw.weights, draw.constraint_weights)


def test_snapshots_are_drawn_uniformly(experts):
    generator = np.random.default_rng(0)
    known = known_snapshots(experts)
    snapshots = [
        known[experts.draw(generator, 7).weights.tobytes()][1]
        for _ in range(4000)
    ]
    counts = np.bincount(snapshots, minlength=4) / 4000
    np.testing.assert_allclose(counts, 0.25, atol=0.03)


def test_a_description_names_the_snapshot_that_is_drawn(experts):
    known = known_snapshots(experts)
    for seed in range(10):
        draw = experts.draw(np.random.default_rng(seed), region=3)
        expert, snapshot = known[draw.weights.tobytes()]
        described = experts.describe_draw(np.random.default_rng(seed), 3)
        assert described == f"expert {expert}, snapshot {snapshot}"


def test_another_feature_layer_shares_network_and_files(experts):
    other = experts.with_feature_layer(["relu_1", "features"])
    assert other.network.feature_layer == ("relu_1", "features")
    assert other.network.feature_size > experts.network.feature_size
    assert other.network.network is experts.network.network
    np.testing.assert_array_equal(other.weights(1, 2), experts.weights(1, 2))
    assert other.fingerprint() != experts.fingerprint()
    stored = experts.with_feature_layer("features")
    assert stored.network.feature_size == experts.network.feature_size
    with pytest.raises(ValueError, match="Received: feature_layer='relu_9'"):
        experts.with_feature_layer("relu_9")


def test_another_architecture_is_refused_with_both_shapes(directory):
    network = ConvNet((8, 8, 2), 3, width=5, depth=1)
    with pytest.raises(ValueError, match=r"\(3, 3, 2, 4\).*\(3, 3, 2, 5\)"):
        ExpertTrajectories.load(directory, network)


def test_another_image_shape_is_refused_with_both_shapes(directory):
    network = small_network((16, 16, 2), 3)
    with pytest.raises(ValueError, match=r"\(8, 8, 2\).*\(16, 16, 2\)"):
        ExpertTrajectories.load(directory, network)


def test_truncated_file_is_refused(directory):
    path = expert_path(directory, 1)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="expert_001.safetensors.*truncated"):
        ExpertTrajectories.load(directory)
    assert len(path.read_bytes()) == len(content) // 2  # not changed


def test_empty_directory_names_the_remedy(tmp_path):
    with pytest.raises(FileNotFoundError, match="keras_tgdd.train_experts"):
        ExpertTrajectories.load(tmp_path)


def test_unfinished_experts_name_the_remedy(tmp_path):
    (tmp_path / "expert_000.partial").mkdir()
    with pytest.raises(
        FileNotFoundError, match="was interrupted: run it again"
    ):
        ExpertTrajectories.load(tmp_path)


def test_experts_of_different_networks_are_refused(directory, small_data):
    other = directory.parent / "other"
    keras_tgdd.train_experts(
        small_data,
        softmax_network,
        num_experts=1,
        epochs=1,
        directory=other,
        verbose=0,
    )
    shutil.copy(expert_path(other, 0), expert_path(directory, 2))
    with pytest.raises(ValueError, match="recorded under other conditions"):
        ExpertTrajectories.load(directory)


def test_at_least_one_expert_is_needed():
    with pytest.raises(ValueError, match="At least one expert"):
        ExpertTrajectories([])


def test_features_are_those_of_the_snapshot(experts, small_data):
    x, _ = small_data
    features = experts.features(x, expert=1, snapshot=2, batch_size=7)
    images = experts.normalization.apply(x)
    expected, _ = experts.network(experts.weights(1, 2), images)
    assert features.shape == (len(x), experts.network.feature_size)
    np.testing.assert_allclose(
        features, ops.convert_to_numpy(expected), atol=1e-5
    )
    other = experts.features(x, expert=1)
    assert np.abs(other - features).max() > 1e-3


def test_features_refuse_other_images(experts):
    with pytest.raises(ValueError, match=r"\(8, 8, 2\).*\(9, 9, 2\)"):
        experts.features(np.zeros((2, 9, 9, 2), "uint8"))
    with pytest.raises(ValueError, match="`batch_size` must be a positive"):
        experts.features(np.zeros((2, 8, 8, 2), "uint8"), batch_size=0)
