import keras
import numpy as np
import pytest
from support.gradients import assert_matches_oracle
from support.layer_round import check_config
from support.layer_round import check_model

from keras_tgdd.layers import MultiFormation


def upsample(tile, height, width):
    """Bilinear, half-pixel centres, edges repeated."""

    def positions(size, target):
        source = (np.arange(target) + 0.5) * size / target - 0.5
        low = np.floor(source).astype(int)
        return low, source - low

    rows, row_part = positions(tile.shape[0], height)
    columns, column_part = positions(tile.shape[1], width)
    output = np.zeros((height, width, tile.shape[2]))
    for i in range(height):
        for j in range(width):
            for dy in (0, 1):
                for dx in (0, 1):
                    y = np.clip(rows[i] + dy, 0, tile.shape[0] - 1)
                    x = np.clip(columns[j] + dx, 0, tile.shape[1] - 1)
                    weight = dy * row_part[i] or (1 - dy) * (1 - row_part[i])
                    weight *= dx * column_part[j] or (1 - dx) * (
                        1 - column_part[j]
                    )
                    output[i, j] += weight * tile[y, x]
    return output


def oracle(images, factor):
    """Cut, enlarge: loops over class, image, tile row, tile column."""
    num_classes, per_class, height, width, channels = images.shape
    tile_h, tile_w = -(-height // factor), -(-width // factor)
    decoded = []
    for c in range(num_classes):
        for n in range(per_class):
            canvas = np.full((factor * tile_h, factor * tile_w, channels), 0.5)
            canvas[:height, :width] = images[c, n]
            for i in range(factor):
                for j in range(factor):
                    tile = canvas[
                        i * tile_h : (i + 1) * tile_h,
                        j * tile_w : (j + 1) * tile_w,
                    ]
                    decoded.append(upsample(tile, height, width))
    shape = (num_classes, per_class * factor**2, height, width, channels)
    return np.reshape(decoded, shape)


@pytest.mark.parametrize(
    "factor, height, width", [(1, 4, 4), (2, 6, 4), (2, 5, 7), (3, 4, 5)]
)
def test_matches_oracle_in_value_and_image_gradient(rng, factor, height, width):
    images = rng.random((2, 1, height, width, 2))
    layer = MultiFormation(factor)
    assert_matches_oracle(layer, lambda a: oracle(a, factor), images)


def test_selection_returns_the_chosen_decoded_images(rng):
    images = rng.random((2, 3, 6, 6, 1)).astype("float32")
    layer = MultiFormation(2)
    selection = np.array([[11, 0, 5], [2, 2, 7]], "int32")
    chosen = keras.ops.convert_to_numpy(layer(images, selection))
    everything = keras.ops.convert_to_numpy(layer(images))
    for row in range(2):
        np.testing.assert_allclose(
            chosen[row], everything[row][selection[row]], atol=1e-6
        )


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_output_shape_is_known_without_data(factor):
    layer = MultiFormation(factor)
    shape = layer.compute_output_shape((2, 3, 7, 9, 1))
    assert shape == layer(np.zeros((2, 3, 7, 9, 1), "float32")).shape


def test_round(rng, tmp_path):
    layer = MultiFormation(3)
    check_config(layer)
    inputs = keras.Input(batch_shape=(2, 1, 6, 6, 1))
    scaled = keras.layers.Dense(1)(inputs)
    model = keras.Model(inputs, layer(scaled))
    x = rng.random((2, 1, 6, 6, 1)).astype("float32")
    check_model(model, x, tmp_path / "model.keras")


def test_stays_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        output = MultiFormation(2)(np.zeros((1, 1, 4, 4, 1), "float32"))
    finally:
        keras.config.set_dtype_policy("float32")
    assert keras.backend.standardize_dtype(output.dtype) == "float32"


@pytest.mark.parametrize("factor", [0, -1, 1.5])
def test_refuses_factor(factor):
    with pytest.raises(ValueError, match="`factor` must be a positive integer"):
        MultiFormation(factor)


def test_refuses_a_factor_larger_than_a_side():
    with pytest.raises(ValueError, match="larger than a side.*factor=5"):
        MultiFormation(5)(np.zeros((1, 1, 8, 4, 1), "float32"))


def test_refuses_images_that_are_not_5d():
    with pytest.raises(ValueError, match="n_classes, images_per_class"):
        MultiFormation(2).build((4, 8, 8, 1))
