import keras
import numpy as np
import pytest
from support.layer_round import check_config

from keras_tgdd import DistilledDataset
from keras_tgdd.layers import SyntheticImages


def pixels(layer):
    return keras.ops.convert_to_numpy(layer.images.value)


def test_random_images_are_real_images_of_their_class(small_data):
    x, y = small_data
    layer = SyntheticImages(3, 4, (8, 8, 2))
    layer.adapt(x, y, mode="random", seed=1)
    for label in range(3):
        real = x[y == label] / np.float32(255)
        for image in pixels(layer)[label]:
            assert np.any(np.all(np.isclose(real, image), axis=(1, 2, 3)))


def test_random_images_are_drawn_without_replacement(small_data):
    x, y = small_data
    layer = SyntheticImages(3, 5, (8, 8, 2))
    layer.adapt(x, y, mode="random")
    assert len(np.unique(pixels(layer)[2].reshape(5, -1), axis=0)) == 5


def test_small_class_repeats_its_images(small_data):
    layer = SyntheticImages(3, 7, (8, 8, 2), factor=1)
    layer.adapt(*small_data, mode="random")
    assert pixels(layer).shape == (3, 7, 8, 8, 2)


@pytest.mark.parametrize("side, factor", [(8, 2), (9, 2), (8, 3)])
def test_mosaic_holds_downsampled_images_of_its_class(side, factor):
    # Constant images stay constant under any down-sampling.
    y = np.repeat(np.arange(2), 30)
    grey = np.random.default_rng(0).random(60)
    x = np.broadcast_to(grey[:, None, None, None], (60, side, side, 1))
    layer = SyntheticImages(2, 2, (side, side, 1), factor=factor)
    layer.adapt(np.ascontiguousarray(x), y, mode="mosaic", seed=0)
    tile = -(-side // factor)
    for label in range(2):
        seen = set()
        for image in pixels(layer)[label, ..., 0]:
            for i in range(factor):
                for j in range(factor):
                    part = image[
                        i * tile : (i + 1) * tile, j * tile : (j + 1) * tile
                    ]
                    assert np.ptp(part) < 1e-6
                    match = np.isclose(grey[y == label], part[0, 0], atol=1e-6)
                    assert match.sum() == 1
                    seen.add(int(np.flatnonzero(match)[0]))
        assert len(seen) == 2 * factor**2  # all different


def test_mosaic_is_anti_aliased():
    # A checkerboard has no low frequencies: down-sampled it is plain grey.
    board = np.indices((16, 16)).sum(axis=0) % 2
    x = np.tile(board[None, :, :, None], (8, 1, 1, 1)).astype("float32")
    layer = SyntheticImages(2, 1, (16, 16, 1), factor=2)
    layer.adapt(x, np.repeat([0, 1], 4))
    inner = pixels(layer)[:, :, 2:6, 2:6]
    np.testing.assert_allclose(inner, 0.5, atol=1e-6)


@pytest.mark.parametrize("images_per_class", [2, (1, 3, 2)])
def test_starts_from_the_images_of_a_set(rng, images_per_class):
    layer = SyntheticImages(3, images_per_class, (8, 8, 2), factor=2)
    drawn = rng.random(layer.stored_images().shape, dtype="float32")
    labels = layer.labels.ravel()
    stored = DistilledDataset(drawn, labels=labels, factor=2)
    layer = SyntheticImages.from_images(
        stored.images,
        None if stored.images.ndim == 5 else stored.labels,
        factor=2,
        name="start",
    )
    assert (layer.name, layer.factor) == ("start", 2)
    assert layer.images_per_class == images_per_class
    np.testing.assert_array_equal(layer.stored_images(), drawn)
    decoded = keras.ops.convert_to_numpy(layer())
    x, y = stored.to_numpy()
    first = decoded[0, : layer.decoded_counts[0]]
    np.testing.assert_allclose(first, x[y == 0], atol=1e-6)


def test_stored_images_are_put_in_order_by_their_labels(rng):
    images = rng.random((4, 8, 8, 2), dtype="float32")
    layer = SyntheticImages.from_images(images, np.array([1, 0, 1, 1]))
    assert layer.factor == 1 and layer.images_per_class == (1, 3)
    np.testing.assert_array_equal(layer.stored_images(), images[[1, 0, 2, 3]])
    np.testing.assert_array_equal(pixels(layer)[0, 1:], 0.5)  # empty places


@pytest.mark.parametrize(
    "images, labels, error, message",
    [
        (
            np.zeros((4, 8, 8, 2)),
            [0, 2, 2, 2],
            ValueError,
            "no images of class",
        ),
        (np.zeros((4, 8, 8, 2)), [0, 1], ValueError, "one label an image"),
        (np.full((2, 1, 8, 8, 2), 1.5), None, ValueError, r"lie in \[0, 1\]"),
        (np.full((2, 1, 8, 8, 2), np.nan), None, ValueError, "NaN"),
        (np.zeros((8, 8, 2)), None, ValueError, "shape"),
        ("d.safetensors", None, ValueError, "Received: shape=None"),
    ],
)
def test_what_is_no_set_of_images_is_refused(images, labels, error, message):
    labels = None if labels is None else np.array(labels)
    with pytest.raises(error, match=message):
        SyntheticImages.from_images(images, labels)


def test_noise_needs_no_data_and_fills_the_range():
    layer = SyntheticImages(2, 2, (8, 8, 3))
    layer.adapt(mode="noise", seed=4)
    assert 0.0 <= pixels(layer).min() < 0.1
    assert 0.9 < pixels(layer).max() <= 1.0


@pytest.mark.parametrize("mode", ["mosaic", "random", "noise"])
def test_seed_decides(small_data, mode):
    def start(seed):
        layer = SyntheticImages(3, 1, (8, 8, 2))
        layer.adapt(*small_data, mode=mode, seed=seed)
        return pixels(layer)

    np.testing.assert_array_equal(start(1), start(1))
    assert np.any(start(1) != start(2))


def test_labels_and_counts():
    layer = SyntheticImages(3, 2, (8, 8, 1), factor=2)
    np.testing.assert_array_equal(layer.labels, [[0, 0], [1, 1], [2, 2]])
    assert layer.decoded_per_class == 8
    assert layer().shape == (3, 8, 8, 8, 1) == layer.compute_output_shape()


def test_pixels_stay_in_range_while_trained():
    layer = SyntheticImages(2, 1, (4, 4, 1), factor=1)
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(layer.trainable_variables)
    for sign in (3.0, -9.0):
        gradient = keras.ops.full(layer.images.shape, sign)
        optimizer.apply([gradient], layer.trainable_variables)
        assert pixels(layer).min() >= 0.0 and pixels(layer).max() <= 1.0


def test_round(tmp_path, small_data):
    check_config(SyntheticImages(3, 2, (8, 8, 2), factor=2))

    @keras.saving.register_keras_serializable(package="test")
    class Shift(keras.layers.Layer):
        """Moves its synthetic images towards the target it is fitted to."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.synthetic = SyntheticImages(3, 1, (8, 8, 2))

        def call(self, inputs):
            return inputs * keras.ops.mean(self.synthetic())

    inputs = keras.Input((1,))
    layer = Shift()
    model = keras.Model(inputs, layer(inputs))
    layer.synthetic.adapt(*small_data)
    model.compile(
        keras.optimizers.SGD(10.0),
        loss="mse",
        jit_compile=keras.backend.backend() != "torch",
    )
    before = pixels(layer.synthetic)
    model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=2, verbose=0)
    assert np.all(pixels(layer.synthetic) >= before)
    assert pixels(layer.synthetic).mean() > before.mean()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(loaded.weights[0].value),
        pixels(layer.synthetic),
    )


def test_pixels_stay_float32_under_mixed_precision():
    layer = SyntheticImages(2, 1, (4, 4, 1), dtype="mixed_bfloat16")
    assert layer.images.dtype == "float32"
    assert keras.backend.standardize_dtype(layer().dtype) == "float32"


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((0, 1, (8, 8, 1)), "`num_classes` must be a positive integer"),
        ((2, 0, (8, 8, 1)), "`images_per_class` must be a positive integer"),
        ((2, 1.5, (8, 8, 1)), "`images_per_class` must be a positive integer"),
        ((2, 1, (8, 8)), "`image_shape` must be"),
        ((2, 1, (8, 8, 1), 9), "`factor` must not be larger than a side"),
    ],
)
def test_refuses_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        SyntheticImages(*arguments)


def test_refuses_unknown_mode(small_data):
    layer = SyntheticImages(3, 1, (8, 8, 2))
    with pytest.raises(ValueError, match="`mode` must be one of"):
        layer.adapt(*small_data, mode="mean")


def test_refuses_images_of_another_shape(small_data):
    layer = SyntheticImages(3, 1, (8, 8, 1))
    with pytest.raises(
        ValueError, match=r"\(8, 8, 1\)\. Received: \(8, 8, 2\)"
    ):
        layer.adapt(*small_data)


def test_classes_may_have_different_numbers_of_images(small_data):
    layer = SyntheticImages(3, [3, 1, 2], (8, 8, 2), factor=2)
    assert layer.images_per_class == (3, 1, 2) and not layer.balanced
    assert layer.labels.tolist() == [0, 0, 0, 1, 2, 2]
    layer.adapt(*small_data, seed=0)
    assert pixels(layer).shape == (3, 3, 8, 8, 2)
    np.testing.assert_array_equal(pixels(layer)[1, 1:], 0.5)  # empty places
    stored = layer.stored_images()
    assert stored.shape == (6, 8, 8, 2)
    np.testing.assert_array_equal(stored[3], pixels(layer)[1, 0])
    decoded = keras.ops.convert_to_numpy(layer())
    assert decoded.shape == (3, 12, 8, 8, 2)
    for start in (4, 8):  # the one image of class 1, in turn
        np.testing.assert_array_equal(
            decoded[1, start : start + 4], decoded[1, :4]
        )
    same = SyntheticImages.from_config(layer.get_config())
    assert same.images_per_class == (3, 1, 2)


def test_one_number_for_each_class_that_is_the_same_is_one_number():
    layer = SyntheticImages(2, {0: 4, 1: 4}, (8, 8, 1))
    assert layer.images_per_class == 4 and layer.labels.shape == (2, 4)
