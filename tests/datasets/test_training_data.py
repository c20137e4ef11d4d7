import numpy as np
import pytest

from keras_tgdd.datasets.training_data import training_data


def test_a_data_set_brings_what_is_known_about_it(digits):
    data = training_data(digits)
    assert data.x is digits.x_train and data.num_classes == 10
    assert data.class_names == digits.class_names
    np.testing.assert_array_equal(data.mean, digits.mean)
    np.testing.assert_array_equal(data.counts, np.bincount(digits.y_train))


def test_what_is_given_counts_more(digits):
    names = [f"digit {n}" for n in range(10)]
    data = training_data(digits, class_names=names, mean=[0.5])
    assert data.class_names == names and data.mean == [0.5]
    np.testing.assert_array_equal(data.std, digits.std)


def test_names_must_fit(digits):
    with pytest.raises(ValueError, match="one name a class, 10. Received: 2"):
        training_data(digits, class_names=("a", "b"))
