"""What is fastest here: compilation and precision.

The one place that looks at the backend, for speed alone. Measured on 2 CPU
cores (AMD EPYC with AVX512-BF16), ConvNet-3 width 128, 28 x 28, training
images a second: PyTorch compiled 350, compiled in bfloat16 850, eager 210-235;
JAX 311 and TensorFlow 450 (no gain from bfloat16 in an earlier run).
Compiling a training takes PyTorch 27 s and a first test 9 s. Keras'
`jit_compile="auto"` means eager on PyTorch, compiled on JAX, a graph on
TensorFlow.
"""

import contextlib
import ctypes
import inspect
import os
import pathlib
import platform
import shutil
import sys
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import keras
from keras import ops
from tqdm.auto import tqdm

from keras_tgdd.arguments import Tensor

# By these figures, not by a run of its own: compiling pays back after about
# 20,000 images of 32 x 32 pixels in float32, 12,000 in bfloat16.
_WORTH_COMPILING = 20_000 * 32 * 32
# Of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4


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


def default_dtype_policy(pixels: int) -> str:
    """Returns the dtype policy of networks that ends a job soonest.

    `"mixed_bfloat16"` where that measured faster: compiled PyTorch on a CPU
    with bfloat16 instructions. Anywhere else, GPUs included (a training step
    on an H200 waits for the host in either), and where the global policy is
    not float32, it is the global policy. Weights, pixels, sums and losses are
    float32 under either.

    Args:
        pixels: int, pixels that networks will read in the whole job.

    Returns:
        Name of a Keras dtype policy.
    """
    policy = keras.config.dtype_policy().name
    faster = (
        policy == "float32"
        # Eager PyTorch spends its time between the convolutions.
        and default_jit_compile(pixels) is True
        and _cpu_has_bfloat16()
        and ops.zeros(1).device.type == "cpu"
    )
    return "mixed_bfloat16" if faster else policy


def keep_freed_memory(pixels: int) -> bool:
    """Lets a long job on PyTorch reuse memory instead of asking for it anew.

    glibc returns every large buffer to the system and gets fresh pages, which
    the system must clear, for the next one. Keeping them makes the forward
    pass of summaries 1.6 times faster, training 1.1 and a distillation step
    1.06; JAX and TensorFlow, which keep memory themselves, gain nothing. The
    process then stays as large as it was at its peak. The environment variable
    `KERAS_TGDD_KEEP_MEMORY=0` leaves the allocator as it is.

    Args:
        pixels: int, pixels that networks will read in the whole job.

    Returns:
        Whether the allocator was told so.
    """
    if (
        keras.backend.backend() != "torch"
        or pixels < _WORTH_COMPILING
        or platform.libc_ver()[0] != "glibc"
        or os.environ.get("KERAS_TGDD_KEEP_MEMORY") == "0"
    ):
        return False
    library = ctypes.CDLL(None)
    return bool(
        library.mallopt(_M_MMAP_MAX, 0)
        and library.mallopt(_M_TRIM_THRESHOLD, -1)
    )


def warm_up(model: keras.Model, inputs: Any) -> Tensor:
    """Makes what Keras and PyTorch note at a first step, before it.

    Optimizer, places of layers and gradients: within a compiled step PyTorch
    would take the first of each for a change, and compile the second step
    anew, for 15 to 30 seconds. The other backends keep no gradients.

    Args:
        model: compiled `keras.Model`.
        inputs: the smallest inputs of its `call`.

    Returns:
        What the model makes of them.
    """
    model.optimizer.build(model.trainable_variables)
    if keras.backend.backend() == "torch":
        for variable in model.trainable_variables:
            variable.value.grad = ops.zeros_like(variable.value)
    return model(keras.tree.map_structure(ops.convert_to_tensor, inputs))


def compiles_calls(jit_compile: bool | str) -> bool:
    """Whether networks are compiled for themselves, not within a Keras step.

    PyTorch compiles a step in seven pieces, since it does not see through the
    backward pass and the optimizer. A training of ConvNet-3 takes 55 to 62 s
    to compile so, and 27 s where its `call` alone is compiled, forward and
    backward; steps are as fast.

    Args:
        jit_compile: bool or `"auto"`, of the whole step.
    """
    return keras.backend.backend() == "torch" and jit_compile is True


def choose_compilation(
    wanted: bool | str | None, pixels: int
) -> tuple[bool | str, bool]:
    """Chooses what is compiled: the whole step, or networks for themselves.

    Args:
        wanted: `jit_compile` as the caller gave it; `None` takes
            `default_jit_compile`.
        pixels: int, pixels that networks will read in the whole job.

    Returns:
        The `jit_compile` of the whole step, for Keras, and whether networks
        are compiled for themselves instead.
    """
    jit_compile = default_jit_compile(pixels) if wanted is None else wanted
    alone = compiles_calls(jit_compile)
    return (False if alone else jit_compile), alone


def compile_call(model: keras.Model, wanted: bool = True) -> None:
    """Compiles the `call` of a model for itself, or takes that back.

    Args:
        model: `keras.Model`, built and settled: calls that Keras makes to
            build it would be compiled, too.
        wanted: bool.
    """
    if wanted and not calls_compiled(model):
        model.call = compiled(model.call)
    elif not wanted and calls_compiled(model):
        del model.call


def calls_compiled(model: keras.Model) -> bool:
    """Whether `compile_call` did so."""
    return "call" in vars(model)


def compiled(function: Callable) -> Callable:
    """Compiles a function of tensors, for each shape anew (PyTorch)."""
    import torch

    options = {}
    if "isolate_recompiles" in inspect.signature(torch.compile).parameters:
        # Else all networks of a process share one count of programs, and
        # PyTorch stops compiling at eight.
        options["isolate_recompiles"] = True
    return torch.compile(function, dynamic=False, **options)


def scan(step: Callable, carried: Any, x: Tensor) -> tuple[Any, Any]:
    """As `keras.ops.scan`, without a compiled loop where it does not serve.

    JAX needs the loop: 100 classes of 10 images, 10 at a time, hold 3.0 GB in
    it and 12 GB in a row of steps, of which XLA computes several at a time.
    TensorFlow's XLA finds no gradient of the loop; PyTorch has none.

    Args:
        step: function of what is carried and an entry of `x` that returns
            what is carried on and a tuple of tensors.
        carried: start of what is carried, shaped as it stays.
        x: tensor, cut along its first axis.

    Returns:
        What is carried at the end, and the stacked results.
    """
    if keras.backend.backend() == "jax":
        return ops.scan(step, carried, x)
    results = []
    for index in range(x.shape[0]):
        carried, result = step(carried, x[index])
        results.append(result)
    return carried, tuple(ops.stack(part) for part in zip(*results))


def pools_by_mean() -> bool:
    """Whether blocks are averaged as a mean over axes of their own.

    A compiled bfloat16 distillation step on PyTorch takes 0.83 s so and 0.89 s
    with its pooling operation; training on JAX and TensorFlow is 1.1 and 1.2
    times slower so.
    """
    return keras.backend.backend() == "torch"


def _cpu_has_bfloat16():
    """By the flags that Linux lists; elsewhere it is taken to have none."""
    try:
        flags = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return any(name in flags for name in ("avx512_bf16", "amx_bf16"))


@contextlib.contextmanager
def using_dtype_policy(policy: str) -> Iterator[None]:
    """Builds layers under a global dtype policy, then restores the former."""
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(former)


def announce(what: str, model: keras.Model, network: keras.Model) -> None:
    """Says which precision and compilation a job runs with, on stderr."""
    dtypes = {layer.compute_dtype for layer in network.layers} - {None}
    precision = "bfloat16" if "bfloat16" in dtypes else min(dtypes)
    compiled = {True: "compiled", False: "eager"}.get(
        model.jit_compile or calls_compiled(model), "compiled as Keras chooses"
    )
    backend = keras.backend.backend()
    tqdm.write(f"{what}: {backend}, {precision}, {compiled}", file=sys.stderr)
