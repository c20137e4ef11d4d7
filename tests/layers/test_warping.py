import numpy as np
import pytest
from keras import ops

from keras_tgdd.layers import warping


def test_shift_matrix_is_exact():
    matrix = ops.convert_to_numpy(
        warping.shift_matrix(ops.convert_to_tensor([2.0, -1.0]), 4)
    )
    expected = np.zeros((2, 4, 4))
    expected[0, 0, 2] = expected[0, 1, 3] = 1.0
    expected[1, 1, 0] = expected[1, 2, 1] = expected[1, 3, 2] = 1.0
    np.testing.assert_array_equal(matrix, expected)


@pytest.mark.parametrize("zoom", [0.8, 1.0, 1.25])
def test_zoom_keeps_the_centre_in_place(zoom):
    matrix = ops.convert_to_numpy(
        warping.zoom_matrix(ops.convert_to_tensor([zoom]), 5)
    )[0]
    np.testing.assert_allclose(matrix[2], [0, 0, 1, 0, 0], atol=1e-6)


def test_resample_applies_rows_and_columns_of_each_group(rng):
    images = rng.normal(size=(2, 3, 4, 5, 2))
    rows, columns = rng.normal(size=(2, 4, 4)), rng.normal(size=(2, 5, 5))
    actual = warping.resample(
        *(
            ops.convert_to_tensor(a.astype("float32"))
            for a in (images, rows, columns)
        )
    )
    expected = np.einsum("gij,gnjwc->gniwc", rows, images)
    expected = np.einsum("gkw,gniwc->gnikc", columns, expected)
    np.testing.assert_allclose(
        ops.convert_to_numpy(actual), expected, rtol=1e-4, atol=1e-4
    )


def test_rotation_by_a_right_angle_is_numpys(rng):
    images = rng.normal(size=(1, 2, 5, 5, 3)).astype("float32")
    rotated = warping.rotate(
        ops.convert_to_tensor(images), ops.convert_to_tensor([np.pi / 2])
    )
    np.testing.assert_allclose(
        ops.convert_to_numpy(rotated)[0, 1],
        np.rot90(images[0, 1], k=-1),
        atol=1e-5,
    )


def test_interval_is_clipped_at_the_edges():
    marks = warping.interval(ops.convert_to_tensor([-1.0, 3.0, -9.0]), 2, 4)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(marks),
        [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]],
    )
