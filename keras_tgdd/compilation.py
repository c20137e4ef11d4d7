"""The one place that looks at the backend, for speed alone.

Measured on 2 CPU cores, ConvNet-3 width 128, 28 x 28 images, training images
a second: PyTorch eager 210-235, compiled 350-700, compiled in bfloat16
680-1200; compiling takes 1 to 2 minutes. Keras' `jit_compile="auto"` means
eager on PyTorch, compiled on JAX, a graph on TensorFlow.
"""

import shutil

import keras

# By these figures, not by a run of its own: compiling pays back after about
# 60,000 images of 32 x 32 pixels.
_WORTH_COMPILING = 60_000 * 32 * 32


def default_jit_compile(pixels: int) -> bool | str:
    """Returns the `jit_compile` argument that ends a job soonest.

    PyTorch compiles through a C++ compiler; where none is installed, or the
    job is over before compiling would be, it stays eager.

    Args:
        pixels: int, pixels that networks will read in the whole job.

    Returns:
        Bool or `"auto"`, for `keras.Model.compile`.
    """
    if keras.backend.backend() != "torch":
        return "auto"
    compiler = any(shutil.which(name) for name in ("c++", "g++", "clang++"))
    return compiler and pixels >= _WORTH_COMPILING
