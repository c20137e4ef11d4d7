import json

import keras
import numpy as np
import pytest

from keras_tgdd.datasets import Normalization
from keras_tgdd.datasets import normalization as module
from keras_tgdd.datasets.normalization import check_normalization


def test_bytes_and_floats_give_numpys_statistics(rng):
    x = rng.integers(0, 256, (5, 4, 3, 2)).astype("uint8")
    for images in (x, x.astype("float32") / 255):
        of_images = Normalization.of(images)
        expected = (x / 255).mean((0, 1, 2)), (x / 255).std((0, 1, 2))
        np.testing.assert_allclose(of_images.mean, expected[0], rtol=1e-5)
        np.testing.assert_allclose(of_images.std, expected[1], rtol=1e-5)
        assert of_images.mean.dtype == of_images.std.dtype == np.float32


def test_the_bits_of_statistics_stay():
    """Experts of earlier versions are normalized by these bits."""
    x = np.random.default_rng(3).integers(0, 256, (600, 2, 3, 1), "uint8")
    found = [
        bits
        for images in (x, x / np.float32(255))
        for bits in (
            Normalization.of(images).mean.tobytes().hex(),
            Normalization.of(images).std.tobytes().hex(),
        )
    ]
    assert found == ["28dcfe3e", "28ed933e", "29dcfe3e", "28ed933e"]


def test_images_are_counted_in_parts(rng, monkeypatch):
    x = rng.integers(0, 256, (5, 4, 3, 2)).astype("uint8")
    floats = x / np.float32(255)
    whole = Normalization.of(x), Normalization.of(floats)
    monkeypatch.setattr(module, "_CHUNK", 2)
    assert Normalization.of(x) == whole[0]
    parts = Normalization.of(floats)
    np.testing.assert_allclose(parts.std, whole[1].std, rtol=1e-6)


def test_a_constant_channel_has_a_usable_std():
    of_images = Normalization.of(np.full((2, 2, 2, 1), 7, "uint8"))
    np.testing.assert_array_equal(of_images.std, [1.0])


@pytest.mark.parametrize(
    "mean, std",
    [(0.25, 0.5), ([0.1, 0.2, 0.3], 0.5), (0.25, [0.1, 0.2, 0.3]), (0.0, 1.0)],
)
def test_applies_the_formula_to_bytes_and_floats(rng, mean, std):
    x = rng.integers(0, 256, (4, 2, 2, 3)).astype("uint8")
    expected = (x / 255 - np.array(mean)) / np.array(std)
    for images in (x, x / 255):
        applied = Normalization(mean, std).apply(images)
        assert applied.dtype == np.float32
        np.testing.assert_allclose(applied, expected, rtol=1e-5, atol=1e-6)


def test_by_default_pixels_stay():
    x = np.linspace(0, 1, 12, dtype="float32").reshape(1, 2, 2, 3)
    np.testing.assert_array_equal(Normalization().apply(x), x)


@pytest.mark.parametrize("mean, std", [(0.1, 0.2), ([0.1], 0.2), (0.1, [0.2])])
def test_one_number_serves_every_channel(mean, std):
    expected = Normalization([0.1] * 3, [0.2] * 3)
    assert Normalization(mean, std).for_channels(3) == expected
    assert check_normalization(Normalization(mean, std), 3) == expected


def test_the_numbers_are_kept_as_read_only_copies():
    mean = np.array([0.1, 0.2], "float32")
    made = Normalization(mean, 0.5)
    mean[0] = 0.9
    assert made.mean[0] == np.float32(0.1)
    for array in (made.mean, made.std, made.for_channels(2).std):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0
    with pytest.raises(AttributeError):
        made.mean = mean


def test_equal_by_value():
    first = Normalization([0.1, 0.2], 0.5)
    same = Normalization(np.array([0.1, 0.2]), np.float32(0.5))
    assert first == same and hash(first) == hash(same)
    assert Normalization(-0.0) == Normalization(0.0)
    assert hash(Normalization(-0.0)) == hash(Normalization(0.0))
    for other in (
        Normalization([0.2, 0.1], 0.5),
        Normalization([0.1, 0.2], 0.4),
        Normalization([0.1, 0.2], [0.5, 0.5]),
        ([0.1, 0.2], 0.5),
    ):
        assert first != other
    assert "mean=0.5, std=0.25" in repr(Normalization(0.5, 0.25))


@pytest.mark.parametrize("mean, std", [(0.3, 0.7), ([0.1, 0.2], [0.3, 0.7])])
def test_keras_stores_and_restores_it(mean, std):
    made = Normalization(mean, std)
    config = keras.saving.serialize_keras_object(made)
    config = json.loads(json.dumps(config))
    assert config["registered_name"] == "keras_tgdd>Normalization"
    restored = keras.saving.deserialize_keras_object(config)
    assert isinstance(restored, Normalization) and restored == made


@pytest.mark.parametrize(
    "mean, std, message",
    [
        ("cifar10", 1.0, "`mean` must be one finite number.*mean='cifar10'"),
        (None, 1.0, "`mean` must be one finite number.*mean=None"),
        (np.nan, 1.0, "`mean` must be one finite number.*mean=nan"),
        (0.0, np.inf, "`std` must be one finite number.*std=inf"),
        (0.0, 1e300, "`std` must be one finite number"),
        ([], 1.0, r"`mean` must be .* one per channel.*mean=\[\]"),
        ([[0.1]], 1.0, r"`mean` must be .* one per channel.*mean=\[\[0.1"),
        ([0.1, 0.2], [1.0] * 3, "one for each of 3 channels. Received: mean="),
        ([0.1] * 3, [1.0] * 2, "one for each of 3 channels. Received: std="),
        (0.0, 0.0, "`std` must be positive.*std=0.0"),
        (0.0, [1.0, -0.5], r"`std` must be positive.*std=\[1.0, -0.5\]"),
        (0.0, 1e-60, "`std` must be positive"),
    ],
)
def test_refuses_what_is_no_normalization(mean, std, message):
    with pytest.raises(ValueError, match=message):
        Normalization(mean, std)


def test_refuses_other_channels():
    with pytest.raises(ValueError, match="`mean`.*each of 1 channels"):
        Normalization([0.1, 0.2]).for_channels(1)
    with pytest.raises(ValueError, match="`std`.*each of 3 channels"):
        check_normalization(Normalization(0.0, [0.1, 0.2]), 3)
    with pytest.raises(TypeError, match=r"Normalization.*Received.*\(0.0, 1.0"):
        check_normalization((0.0, 1.0), 3)


def test_statistics_are_of_images_alone():
    with pytest.raises(TypeError, match="must be uint8"):
        Normalization.of(np.full((2, 4, 4, 1), 99))
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        Normalization.of(np.full((2, 4, 4, 1), 99.0))
    with pytest.raises(ValueError, match="must have shape"):
        Normalization.of(np.zeros((4, 4, 1), "uint8"))
