import shutil

import numpy as np
import pytest
from keras import ops
from support.networks import small_network
from support.networks import softmax_network

from keras_tgdd import ExpertTrajectories
from keras_tgdd.models import ConvNet
from keras_tgdd.trajectories.expert_files import expert_path


@pytest.fixture
def directory(experts, tmp_path):
    """A copy of the experts that may be damaged."""
    source = experts._readers[0].filepath.parent
    shutil.copytree(source, tmp_path / "experts")
    return tmp_path / "experts"


def test_load_rebuilds_the_network_and_what_it_is_fed(experts, directory):
    loaded = ExpertTrajectories.load(directory)
    assert loaded.num_experts == 2
    assert loaded.image_shape == (8, 8, 2) and loaded.num_classes == 3
    assert loaded.class_names == ("dark", "medium", "bright")
    np.testing.assert_array_equal(loaded.mean, experts.mean)
    np.testing.assert_array_equal(loaded.std, experts.std)
    for epoch in range(4):
        np.testing.assert_array_equal(
            loaded.weights(1, epoch), experts.weights(1, epoch)
        )


def test_draw_covers_experts_stages_and_region(experts):
    generator = np.random.default_rng(0)
    known = {
        experts.weights(expert, epoch).tobytes(): (expert, epoch)
        for expert in range(2)
        for epoch in range(4)
    }
    pairs = set()
    for _ in range(400):
        stage, later = experts.draw(generator, region=2)
        pairs.add((known[stage.tobytes()], known[later.tobytes()]))
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
        stage, later = experts.draw(generator, region=1)
        np.testing.assert_array_equal(stage, later)


def test_stages_are_drawn_uniformly(experts):
    generator = np.random.default_rng(0)
    known = {experts.weights(0, e).tobytes(): e for e in range(4)} | {
        experts.weights(1, e).tobytes(): e for e in range(4)
    }
    stages = [
        known[experts.draw(generator, 7)[0].tobytes()] for _ in range(4000)
    ]
    counts = np.bincount(stages, minlength=4) / 4000
    np.testing.assert_allclose(counts, 0.25, atol=0.03)


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
    assert len(path.read_bytes()) == len(content) // 2  # left as it was


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
    import keras_tgdd

    other = directory.parent / "other"
    keras_tgdd.train_experts(
        softmax_network,
        *small_data,
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
    features = experts.features(x, expert=1, epoch=2, batch_size=7)
    images = (x / np.float32(255) - experts.mean) / experts.std
    expected, _ = experts.network(experts.weights(1, 2), images)
    assert features.shape == (len(x), experts.network.feature_size)
    np.testing.assert_allclose(
        features, ops.convert_to_numpy(expected), atol=1e-5
    )
    other = experts.features(x, expert=1)
    assert np.abs(other - features).max() > 1e-3


def test_features_refuse_other_images(experts):
    with pytest.raises(ValueError, match="Received"):
        experts.features(np.zeros((2, 9, 9, 2), "uint8"))
