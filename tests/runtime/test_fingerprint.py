import numpy as np
import pytest

from keras_tgdd.runtime.fingerprint import fingerprint

# No backend takes part.
pytestmark = pytest.mark.once


def test_changes_with_content_shape_and_labels():
    x, y = np.arange(8, dtype="uint8").reshape(2, 4), np.array([0, 1])
    digests = {
        fingerprint(x, y),
        fingerprint(x.reshape(4, 2), y),
        fingerprint(x[::-1], y),
        fingerprint(x, y[::-1]),
        fingerprint(x.astype("float32"), y),
    }
    assert len(digests) == 5


def test_does_not_depend_on_memory_layout_or_label_width():
    x = np.arange(8, dtype="uint8").reshape(2, 4)
    y = np.array([0, 1])
    assert fingerprint(np.asfortranarray(x), y.astype("int32")) == (
        fingerprint(x, y)
    )
