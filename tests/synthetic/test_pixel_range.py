import keras
import numpy as np
import pytest
from support.layer_round import check_config

from keras_tgdd.layers import PixelRange


def test_clips():
    clipped = PixelRange()(keras.ops.convert_to_tensor([-0.5, 0.25, 1.5]))
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(clipped), [0.0, 0.25, 1.0]
    )


def test_config():
    check_config(PixelRange(-1.0, 0.5))


def test_refuses_an_empty_interval():
    with pytest.raises(ValueError, match="`min_value` must be below"):
        PixelRange(1.0, 1.0)
