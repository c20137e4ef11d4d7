import numpy as np
import pytest

from keras_tgdd.synthetic.class_counts import class_counts
from keras_tgdd.synthetic.class_counts import rate_shares

# No backend takes part.
pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    "given, expected",
    [
        (2, (2, 2, 2)),
        (np.int64(2), (2, 2, 2)),
        ([1, 2, 3], (1, 2, 3)),
        (np.array([1, 2, 3]), (1, 2, 3)),
        ({0: 1, 2: 3, 1: 2}, (1, 2, 3)),
        ({"a": 1, "c": 3, "b": 2}, (1, 2, 3)),
    ],
)
@pytest.mark.parametrize("names", [tuple, np.array])
def test_every_class_gets_its_number(given, expected, names):
    assert class_counts(given, 3, names(["a", "b", "c"])) == expected


@pytest.mark.parametrize(
    "given, message",
    [
        (0, "must be a positive integer. Received: images_per_class=0"),
        (1.5, "must be a positive integer"),
        ("3", "must be a positive integer"),
        ([1, 2], "one number for each of 3 classes. Received: 2"),
        ([1, 2, -1], "must be a positive integer. Received: .*-1"),
        ([1, 2, True], "must be a positive integer"),
        ({0: 1, 1: 2}, r"every class, as the labels 0 to 2.*\[0, 1\]"),
        ({"a": 1, "b": 2, "d": 1}, r"the names \['a', 'b', 'c'\]"),
    ],
)
def test_what_is_no_number_for_each_class_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        class_counts(given, 3, ("a", "b", "c"))


def test_smaller_classes_have_smaller_rates():
    shares = rate_shares(np.array([2, 5, 10]))
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares, [0.2, 0.5, 1.0])
