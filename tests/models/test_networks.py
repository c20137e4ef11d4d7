"""What all networks of the package have in common."""

import functools
import itertools

import keras
import numpy as np
import pytest
from support.gradients import value_and_gradient

from keras_tgdd import models
from keras_tgdd.models import FrozenNetwork
from keras_tgdd.models.frozen_network import flat_weights
from keras_tgdd.models.seeding import draw_weights

# Trainable weights for CIFAR-10, and the size of the features.
NETWORKS = {
    "mlp": (models.MLP, 411_146, 128),
    "conv_net": (models.ConvNet, 320_010, 2048),
    "alex_net": (models.AlexNet, 1_872_202, 3072),
    "vgg_11": (models.VGG11, 9_231_114, 512),
    "res_net_18": (models.ResNet, 11_173_962, 512),
    "res_net_18_bn": (
        functools.partial(models.ResNet, norm="batch"),
        11_173_962,
        512,
    ),
    "res_net_10": (
        functools.partial(models.ResNet, depth=10),
        4_903_242,
        512,
    ),
    "res_net_ap_10": (
        functools.partial(models.ResNet, depth=10, downsampling="average"),
        4_903_242,
        512,
    ),
    "vision_transformer": (models.VisionTransformer, 2_693_194, 192),
    "dense_net_121": (models.DenseNet121, 1_000_618, 384),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_features_and_gradient(rng, name):
    build, num_weights, feature_size = NETWORKS[name]
    network = build((32, 32, 3), 10)
    counts = [int(np.prod(w.shape)) for w in network.trainable_weights]
    assert sum(counts) == num_weights
    frozen = FrozenNetwork(network, "features")
    assert frozen.feature_size == feature_size
    flat = keras.ops.convert_to_tensor(frozen.flat_weights())
    x = rng.normal(size=(2, 32, 32, 3)).astype("float32")

    def total(images):
        features, outputs = frozen(flat, images)
        assert outputs.shape == (2, 10)
        return keras.ops.sum(keras.ops.square(features))

    value, gradient = value_and_gradient(total, x)
    assert np.isfinite(value) and np.all(np.isfinite(gradient))
    assert np.any(gradient[0] != 0) and np.any(gradient[1] != 0)


@pytest.mark.parametrize("name", ["alex_net", "res_net_ap_10", "vgg_11"])
def test_images_of_side_28_are_padded(name):
    build, _, feature_size = NETWORKS[name]
    assert FrozenNetwork(build((28, 28, 1), 10)).feature_size == feature_size


@pytest.mark.parametrize("name", ["conv_net", "vision_transformer"])
def test_no_two_kernels_are_alike(name):
    network = NETWORKS[name][0]((32, 32, 3), 10)
    draw_weights(network, 1)
    kernels = {
        weight.path: keras.ops.convert_to_numpy(weight.value).ravel()
        for weight in network.trainable_weights
        if "kernel" in weight.path
    }
    for (first, a), (second, b) in itertools.combinations(kernels.items(), 2):
        count = min(len(a), len(b))
        likeness = np.corrcoef(a[:count], b[:count])[0, 1]
        assert abs(likeness) < 0.2, (first, second)


@pytest.mark.parametrize("norm", ["instance", "batch", "none"])
def test_norms_can_be_chosen_and_weights_drawn(norm):
    network = models.ResNet((8, 8, 1), 3, depth=10, norm=norm)
    draw_weights(network, 1)
    first = flat_weights(network)
    draw_weights(network, 2)
    assert np.any(flat_weights(network) != first)
    norms = [layer for layer in network.layers if "norm" in layer.name]
    assert len(norms) == (0 if norm == "none" else 12)


def test_start_within_the_bounds_of_pytorch():
    network = models.AlexNet((32, 32, 3), 10)
    kernel, bias = network.get_layer("conv_2").get_weights()
    # In float32, because a draw may be rounded up to the bound.
    bound = np.float32(1 / np.sqrt(5 * 5 * 128))
    for values in (kernel, bias):
        assert 0.9 * bound < np.abs(values).max() <= bound


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: models.VGG11((16, 16, 3), 10), "32 or more.*16, 16"),
        (lambda: models.ResNet((32, 32, 3), 10, depth=34), "depth=34"),
        (lambda: models.ResNet((32, 32, 3), 10, norm="layer"), "norm='layer'"),
        (
            lambda: models.ResNet((32, 32, 3), 10, downsampling="max"),
            "downsampling='max'",
        ),
        (lambda: models.MLP((32, 32, 3), 10, width=0), "width=0"),
        (lambda: models.DenseNet121((4, 4, 3), 10), "8 or more"),
        (
            lambda: models.VisionTransformer((30, 32, 3), 10),
            "patch_size=4.*30, 32",
        ),
        (
            lambda: models.VisionTransformer((8, 8, 3), 2, num_heads=5),
            "num_heads=5, width=192",
        ),
        (lambda: models.AlexNet((32, 32, 3), 0), "num_classes=0"),
    ],
)
def test_refuses_what_does_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_tokens_of_the_transformer_attend_to_one_another_from_the_start():
    """Queries, keys and values are as large as their inputs."""
    network = models.VisionTransformer((8, 8, 3), 2)
    attention = network.get_layer("attention_1")
    for weight in attention.get_weights()[::2]:  # the others are biases
        assert np.std(weight) == pytest.approx(192**-0.5, rel=0.02)
