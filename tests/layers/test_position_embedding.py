import keras
import numpy as np
from keras import ops
from support.gradients import assert_matches_oracle
from support.layer_round import check_config
from support.layer_round import check_model

from keras_tgdd.layers import PositionEmbedding


def test_adds_a_different_vector_to_each_position(rng):
    layer = PositionEmbedding()
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    layer.build(x.shape)
    vectors = ops.convert_to_numpy(layer.embeddings.value)
    assert vectors.shape == (5, 3)
    assert len(np.unique(vectors, axis=0)) == 5
    assert 0 < np.abs(vectors).max() <= 0.04 + 1e-6
    assert_matches_oracle(layer, lambda values: values + vectors, x)


def test_vectors_are_trained(rng):
    layer = PositionEmbedding()
    layer.build((None, 5, 3))
    assert len(layer.trainable_weights) == 1


def test_round(rng, tmp_path):
    layer = PositionEmbedding("zeros", name="positions")
    check_config(layer)
    inputs = keras.Input((4, 6))
    model = keras.Model(inputs, layer(inputs))
    assert model.output_shape == (None, 4, 6)
    check_model(
        model,
        rng.normal(size=(4, 4, 6)).astype("float32"),
        tmp_path / "model.keras",
    )


def test_mixed_precision(rng):
    layer = PositionEmbedding(dtype="mixed_bfloat16")
    output = layer(rng.normal(size=(1, 4, 2)).astype("float32"))
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
