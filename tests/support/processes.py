"""Python processes of their own, for what one process cannot show."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]


def run_python(*arguments, backend="jax", timeout=600, **environment):
    """Runs Python in the project's root; fails the test on any error.

    Returns:
        What the process wrote to standard output.
    """
    result = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
