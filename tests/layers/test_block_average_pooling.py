import keras
import numpy as np
import pytest
from keras import ops
from support.gradients import assert_matches_oracle
from support.layer_round import check_config
from support.layer_round import check_model

from keras_tgdd.layers import BlockAveragePooling2D
from keras_tgdd.layers import block_average_pooling


def oracle(x, rows=2, columns=2):
    n, height, width, channels = x.shape
    output = np.zeros((n, height // rows, width // columns, channels))
    for i in range(output.shape[1]):
        for j in range(output.shape[2]):
            block = x[
                :,
                i * rows : (i + 1) * rows,
                j * columns : (j + 1) * columns,
            ]
            output[:, i, j] = block.mean(axis=(1, 2))
    return output


@pytest.mark.parametrize("by_mean", [False, True])
@pytest.mark.parametrize("shape", [(2, 4, 6, 3), (2, 5, 7, 2)])
def test_matches_oracle_in_value_and_image_gradient(
    rng, monkeypatch, by_mean, shape
):
    monkeypatch.setattr(block_average_pooling, "pools_by_mean", lambda: by_mean)
    layer = BlockAveragePooling2D()
    assert_matches_oracle(layer, oracle, rng.normal(size=shape))


def test_blocks_that_are_not_square(rng):
    x = rng.normal(size=(2, 6, 8, 2)).astype("float32")
    output = ops.convert_to_numpy(BlockAveragePooling2D((3, 2))(x))
    np.testing.assert_allclose(output, oracle(x, 3, 2), rtol=1e-5)


def test_round(rng, tmp_path):
    layer = BlockAveragePooling2D(2, name="pool")
    check_config(layer)
    inputs = keras.Input((4, 6, 3))
    model = keras.Model(
        inputs, layer(keras.layers.Conv2D(2, 1, name="conv")(inputs))
    )
    assert model.output_shape == (None, 2, 3, 2)
    check_model(
        model,
        rng.normal(size=(4, 4, 6, 3)).astype("float32"),
        tmp_path / "model.keras",
    )


def test_mixed_precision(rng):
    layer = BlockAveragePooling2D(dtype="mixed_bfloat16")
    output = layer(rng.normal(size=(1, 4, 4, 2)).astype("float32"))
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
