"""The machine and the versions that a benchmark ran with."""

import datetime
import importlib.metadata
import os
import platform
import subprocess
import time

import keras
import numpy as np
from keras import ops


def provenance():
    """Returns date, commit, processor, cores, GPU (if any) and versions."""
    accelerator = _accelerator()
    return {
        "date": datetime.date.today().isoformat(),
        "commit": _commit(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        **({"accelerator": accelerator} if accelerator else {}),
        "python": platform.python_version(),
        "backend": keras.backend.backend(),
        "versions": {
            name: _version(name)
            for name in ("keras", "jax", "tensorflow", "torch")
        },
    }


def peak(dtype, size=2048, repeats=10):
    """Measures peak operations per second, by the matrix product."""
    a = ops.cast(np.random.default_rng(0).normal(size=(size, size)), dtype)
    seconds = []
    for _ in range(repeats + 2):
        start = time.perf_counter()
        # Reading one element waits for the result.
        float(ops.convert_to_numpy(ops.matmul(a, a)[0, 0]))
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds)


def convolution_operations(network):
    """Multiplications and additions per image in a network's convolutions."""
    total = 0
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            height, width = layer.output.shape[1:3]
            total += 2 * height * width * int(np.prod(layer.kernel.shape))
    return total


def _commit():
    command = ["git", "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.check_output(command, text=True).strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def _processor():
    try:
        with open("/proc/cpuinfo") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


def _accelerator():
    """Name of the first GPU, from its driver, or `None`."""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        return subprocess.check_output(command, text=True).splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
