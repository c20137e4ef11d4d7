"""Fixtures, and the assertion that the requested backend is running."""

import os

import keras
import numpy as np
import pytest
from support.networks import small_network

import keras_tgdd

BACKEND = os.environ.get("KERAS_BACKEND")


def pytest_configure(config):
    assert BACKEND in ("jax", "tensorflow", "torch"), (
        "Name the backend to test: KERAS_BACKEND=jax python -m pytest"
    )
    assert keras.backend.backend() == BACKEND
    expected = os.environ.get("KERAS_EXPECTED", keras.__version__)
    assert keras.__version__ == expected


def pytest_report_header(config):
    return f"keras {keras.__version__}, backend {keras.backend.backend()}"


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(autouse=True)
def _seeded():
    """Networks without a seed of their own start alike in every run."""
    keras.utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def _global_state():
    """No test may leave the global Keras configuration changed."""
    policy = keras.config.dtype_policy().name
    data_format = keras.config.image_data_format()
    yield
    assert keras.config.dtype_policy().name == policy
    assert keras.config.image_data_format() == data_format


@pytest.fixture(scope="session")
def digits():
    return keras_tgdd.datasets.load("digits")


@pytest.fixture(scope="session")
def small_data():
    """Three classes of 8 x 8 two-channel images, told apart by brightness."""
    generator = np.random.default_rng(11)
    y = np.repeat(np.arange(3), [20, 12, 5])
    x = (
        generator.random((len(y), 8, 8, 2)) * 0.4
        + 0.25 * y[:, None, None, None]
    )
    return (255 * x).astype("uint8"), y


@pytest.fixture(scope="session")
def experts(small_data, tmp_path_factory):
    """Two experts of three epochs on the small data."""
    directory = tmp_path_factory.mktemp("experts")
    data = keras_tgdd.datasets.from_arrays(
        *small_data, class_names=("dark", "medium", "bright")
    )
    return keras_tgdd.train_experts(
        data,
        small_network,
        num_experts=2,
        epochs=3,
        directory=directory,
        validation_data=small_data,
        seed=3,
        verbose=0,
    )
