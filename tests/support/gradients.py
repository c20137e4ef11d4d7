"""Gradients of the running backend, and numeric gradients to compare."""

import keras
import numpy as np


def value_and_gradient(function, x):
    """Evaluates a scalar function of one tensor, and its gradient.

    Args:
        function: maps a tensor to a scalar tensor.
        x: NumPy array.

    Returns:
        Value and gradient, NumPy arrays of float64.
    """
    backend = keras.backend.backend()
    x = np.asarray(x, "float32")
    if backend == "jax":
        import jax

        value, gradient = jax.value_and_grad(function)(x)
    elif backend == "tensorflow":
        import tensorflow as tf

        tensor = tf.convert_to_tensor(x)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            value = function(tensor)
        gradient = tf.convert_to_tensor(tape.gradient(value, tensor))
    else:
        tensor = keras.ops.convert_to_tensor(x).requires_grad_(True)
        value = function(tensor)
        value.backward()
        gradient = tensor.grad
    return (
        np.asarray(keras.ops.convert_to_numpy(value), "float64"),
        np.asarray(keras.ops.convert_to_numpy(gradient), "float64"),
    )


def numeric_gradient(function, x, step=1e-6):
    """Computes central differences of a NumPy function in float64."""
    x = np.array(x, "float64")
    gradient = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        original = x[index]
        x[index] = original + step
        above = function(x)
        x[index] = original - step
        below = function(x)
        x[index] = original
        gradient[index] = (above - below) / (2 * step)
    return gradient


def assert_matches_oracle(function, oracle, x, weights=None, rtol=1e-4):
    """Compares value and gradient of a tensor function with NumPy.

    Args:
        function: maps a tensor to a tensor.
        oracle: the same function in NumPy, in float64.
        x: NumPy array, the argument of both.
        weights: array of the output's shape. The gradient is of the weighted
            sum. Random if `None`.
        rtol: largest relative L2 error.
    """
    expected = oracle(np.asarray(x, "float64"))
    if weights is None:
        weights = np.random.default_rng(3).normal(size=np.shape(expected))
    weights = np.asarray(weights)
    small = weights.astype("float32")
    output = keras.ops.convert_to_numpy(
        function(keras.ops.convert_to_tensor(np.asarray(x, "float32")))
    )
    assert_close(output, expected, rtol)
    _, gradient = value_and_gradient(
        lambda t: keras.ops.sum(
            function(t) * keras.ops.convert_to_tensor(small)
        ),
        x,
    )
    numeric = numeric_gradient(lambda a: np.sum(oracle(a) * weights), x)
    assert_close(gradient, numeric, rtol)


def assert_close(actual, expected, rtol):
    """Compares shapes, and values in relative L2 norm."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    error = np.linalg.norm(actual - expected)
    assert error <= rtol * np.linalg.norm(expected), error
