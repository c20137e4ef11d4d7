import keras
import numpy as np
import pytest
from support.layer_round import check_model

from keras_tgdd.models import ConvNet


@pytest.mark.parametrize(
    "side, depth, feature_size",
    [
        (3, 1, 1),
        (8, 2, 2 * 2),
        (16, 3, 2 * 2),
        (28, 3, 4 * 4),
        (32, 3, 4 * 4),
        (64, 4, 4 * 4),
        (96, 4, 6 * 6),
        (128, 5, 4 * 4),
        (5, 1, 2 * 2),
    ],
)
def test_depth_follows_the_image_size(side, depth, feature_size):
    network = ConvNet((side, side, 1), 10, width=2)
    convolutions = [
        layer
        for layer in network.layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    assert len(convolutions) == depth
    features = network.get_layer("features").output
    assert features.shape == (None, 2 * feature_size)


def test_convnet_3_for_cifar_10_has_the_published_number_of_weights():
    assert ConvNet((32, 32, 3), 10).count_params() == 320_010


def test_side_28_enters_a_map_of_side_32():
    network = ConvNet((28, 28, 1), 10, width=2)
    assert network.get_layer("conv_1").output.shape == (None, 32, 32, 2)


def test_initialization_is_uniform_within_one_over_sqrt_fan_in():
    network = ConvNet((16, 16, 3), 50, width=32, depth=2, seed=0)
    for name, fan_in in [("conv_1", 27), ("conv_2", 288), ("logits", 512)]:
        kernel, bias = network.get_layer(name).get_weights()
        bound = 1 / np.sqrt(fan_in)
        for values in (kernel, bias):
            assert np.abs(values).max() <= bound
        assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.1)
        assert bias.std() == pytest.approx(bound / np.sqrt(3), rel=0.5)


def test_seed_decides():
    first, same = (ConvNet((8, 8, 1), 3, width=4, seed=1) for _ in range(2))
    other = ConvNet((8, 8, 1), 3, width=4, seed=2)
    for a, b in zip(first.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.any(first.get_weights()[0] != other.get_weights()[0])


def test_images_are_channels_last_whatever_keras_is_set_to():
    keras.config.set_image_data_format("channels_first")
    try:
        network = ConvNet((8, 8, 3), 2, width=4)
        output = network(np.zeros((1, 8, 8, 3), "float32"))
    finally:
        keras.config.set_image_data_format("channels_last")
    assert output.shape == (1, 2)


def test_round(tmp_path, rng):
    network = ConvNet((28, 28, 1), 3, width=4, depth=2)
    x = rng.normal(size=(4, 28, 28, 1)).astype("float32")
    check_model(network, x, tmp_path / "model.keras")


def test_mixed_precision_returns_float32_logits():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = ConvNet((8, 8, 1), 3, width=4)
    finally:
        keras.config.set_dtype_policy("float32")
    assert network.get_layer("conv_1").compute_dtype == "bfloat16"
    output = network(np.zeros((1, 8, 8, 1), "float32"))
    assert keras.backend.standardize_dtype(output.dtype) == "float32"


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"num_classes": 0}, "`num_classes` must be a positive integer"),
        ({"num_classes": 2, "width": 0}, "`width` must be a positive integer"),
        ({"num_classes": 2, "depth": 4}, r"side 2\*\*depth or more"),
    ],
)
def test_refuses_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ConvNet((8, 8, 1), **arguments)
