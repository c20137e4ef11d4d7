"""Chooses compilation and precision for the current backend and device.

The only file that compares the backend, and only for speed and memory.
Training images per second of ConvNet-3, width 128, at 28 x 28
pixels, on 2 CPU cores (AMD EPYC with AVX512-BF16):

- PyTorch: 350 compiled, 850 compiled in bfloat16, 210 to 235 eager;
- JAX: 311; TensorFlow: 450; neither gained from bfloat16 in an earlier run.

On PyTorch, compiling takes 27 s for a training and 9 s for its first test.
Keras' `jit_compile="auto"` is eager on PyTorch, compiled on JAX, and a graph
on TensorFlow.
"""

import contextlib
import inspect
import pathlib
import shutil
import sys
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import keras
from keras import ops
from tqdm.auto import tqdm

from keras_tgdd.arguments import Tensor
from keras_tgdd.runtime.allocator import keep_freed_pages

# Derived from the figures above: compiling pays off after about 20,000 images
# of 32 x 32 pixels in float32, and after 12,000 in bfloat16.
_WORTH_COMPILING = 20_000 * 32 * 32


def default_jit_compile(pixels: int) -> bool | str:
    """Returns the `jit_compile` argument with which a job ends soonest.

    PyTorch compiles with a C++ compiler. It stays eager where none is
    installed, and in jobs that end before compiling would.

    Args:
        pixels: int, pixels that networks read in the whole job.

    Returns:
        Bool or `"auto"`, for `keras.Model.compile`.
    """
    if keras.backend.backend() != "torch":
        return "auto"
    compiler = any(shutil.which(name) for name in ("c++", "g++", "clang++"))
    return compiler and pixels >= _WORTH_COMPILING


def default_dtype_policy(pixels: int) -> str:
    """Returns the dtype policy of networks with which a job ends soonest.

    `"mixed_bfloat16"` where that measured faster: compiled PyTorch on a CPU
    with bfloat16 instructions. Otherwise the global policy, also on GPUs
    (a training step on an H200 waits for the host under either policy) and
    where the global policy is not float32. Weights, pixels, sums and losses
    are float32 under either.

    Args:
        pixels: int, pixels that networks read in the whole job.

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
    """Lets a long job on PyTorch reuse freed memory (`keep_freed_pages`).

    The forward pass of summaries is then 1.6 times faster, training 1.1 times
    and a distillation step 1.06 times. JAX and TensorFlow keep memory
    themselves and gain nothing.

    Args:
        pixels: int, pixels that networks read in the whole job.

    Returns:
        Whether the allocator's setting was changed.
    """
    if keras.backend.backend() != "torch" or pixels < _WORTH_COMPILING:
        return False
    return keep_freed_pages()


def warm_up(model: keras.Model, inputs: Any) -> Tensor:
    """Creates optimizer state and gradient buffers before the first step.

    Otherwise the first compiled step creates them, which PyTorch sees as a
    change: it compiles the second step again, for 15 to 30 seconds. The other
    backends keep no gradients.

    Args:
        model: compiled `keras.Model`.
        inputs: the smallest inputs of its `call`.

    Returns:
        The model's outputs for these inputs.
    """
    model.optimizer.build(model.trainable_variables)
    if keras.backend.backend() == "torch":
        for variable in model.trainable_variables:
            variable.value.grad = ops.zeros_like(variable.value)
    return model(keras.tree.map_structure(ops.convert_to_tensor, inputs))


def compiles_calls(jit_compile: bool | str) -> bool:
    """Returns whether a model's `call` is compiled in place of Keras' step.

    PyTorch compiles Keras' step in seven pieces, since it does not see through
    the backward pass and the optimizer. That takes 55 to 62 s for a training
    of ConvNet-3. Compiling `call` alone, forward and backward, takes 27 s, and
    steps are as fast.

    Args:
        jit_compile: bool or `"auto"`, of the whole step.
    """
    return keras.backend.backend() == "torch" and jit_compile is True


def step_jit_compile(wanted: bool | str | None) -> bool | str:
    """Returns the `jit_compile` of Keras' whole step.

    The length of the job does not count: on PyTorch the step itself stays
    eager, and `compile_call` compiles what is inside.

    Args:
        wanted: bool, `"auto"` or `None`, the `jit_compile` of the caller.

    Returns:
        Bool or `"auto"`, for `keras.Model.compile`.
    """
    if wanted is None:
        return "auto"
    return False if compiles_calls(wanted) else wanted


def compiles_call_alone(wanted: bool | str | None, pixels: int) -> bool:
    """Returns whether a job calls `compile_call`, beside `step_jit_compile`.

    Args:
        wanted: bool, `"auto"` or `None`, the `jit_compile` of the caller.
            `None` chooses by `default_jit_compile`.
        pixels: int, pixels that networks read in the whole job.
    """
    return compiles_calls(
        default_jit_compile(pixels) if wanted is None else wanted
    )


def compile_call(model: keras.Model, wanted: bool = True) -> None:
    """Compiles the `call` of a model, or restores the eager one.

    Args:
        model: `keras.Model`, built and warmed up. The calls that Keras makes
            to build a model would be compiled, too.
        wanted: bool, `False` restores the eager call. Defaults to `True`.
    """
    if wanted and not calls_compiled(model):
        model.call = compiled(model.call)
    elif not wanted and calls_compiled(model):
        del model.call


def calls_compiled(model: keras.Model) -> bool:
    """Returns whether `compile_call` compiled the `call` of a model."""
    return "call" in vars(model)


def compiled(function: Callable) -> Callable:
    """Compiles a function of tensors with PyTorch, once per input shape."""
    import torch

    options = {}
    if "isolate_recompiles" in inspect.signature(torch.compile).parameters:
        # Otherwise all networks of a process count towards one limit, and
        # PyTorch stops compiling at eight programs.
        options["isolate_recompiles"] = True
    return torch.compile(function, dynamic=False, **options)


def scan(step: Callable, carried: Any, x: Tensor) -> tuple[Any, Any]:
    """`keras.ops.scan` on JAX, and the same steps one after another elsewhere.

    JAX needs the loop: 100 classes of 10 images, 10 classes at a time, hold
    3.0 GB in a loop. In unrolled steps they hold 12 GB, since XLA computes
    several steps at a time. TensorFlow's XLA has no gradient of the loop, and
    PyTorch has no loop.

    Args:
        step: function of the carried value and an entry of `x`. Returns the
            next carried value and a tuple of tensors.
        carried: first carried value. Later ones have its shape.
        x: tensor, split along its first axis.

    Returns:
        The last carried value, and the stacked tensors of all steps.
    """
    if keras.backend.backend() == "jax":
        return ops.scan(step, carried, x)
    results = []
    for index in range(x.shape[0]):
        carried, result = step(carried, x[index])
        results.append(result)
    return carried, tuple(ops.stack(part) for part in zip(*results))


def pools_by_mean() -> bool:
    """Returns whether pooling is a mean over axes in place of an operation.

    On PyTorch, a compiled bfloat16 distillation step takes 0.83 s with the
    mean and 0.89 s with the pooling operation. With the mean, training is 1.1
    times slower on JAX and 1.2 times slower on TensorFlow.
    """
    return keras.backend.backend() == "torch"


def _cpu_has_bfloat16():
    """Reads the flags that Linux lists; other systems count as without."""
    try:
        flags = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return any(name in flags for name in ("avx512_bf16", "amx_bf16"))


@contextlib.contextmanager
def using_dtype_policy(policy: str) -> Iterator[None]:
    """Sets the global dtype policy within a block, and restores it after."""
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(former)


def announce(what: str, model: keras.Model, network: keras.Model) -> None:
    """Prints the precision and compilation of a job on stderr.

    Args:
        what: string, name of the job.
        model: compiled `keras.Model` whose step runs.
        network: `keras.Model`, the network in it.
    """
    dtypes = {layer.compute_dtype for layer in network.layers} - {None}
    precision = "bfloat16" if "bfloat16" in dtypes else min(dtypes)
    compiled = {True: "compiled", False: "eager"}.get(
        model.jit_compile or calls_compiled(model), "compiled as Keras chooses"
    )
    backend = keras.backend.backend()
    tqdm.write(f"{what}: {backend}, {precision}, {compiled}", file=sys.stderr)
