"""Seconds that `import keras_tgdd` adds to `import keras`.

    KERAS_BACKEND=jax python benchmarks/import_time.py

Imports one of the two in fresh processes, in turn, after one of each that fills
the caches of files and byte code. The result is the difference of the medians.
Stores nothing. Prints one JSON object last.
"""

import argparse
import json
import subprocess
import sys

import machine
import numpy as np

MODULES = ("keras", "keras_tgdd")
_TIMED = """
import time
start = time.perf_counter()
import {module}
print(time.perf_counter() - start)
"""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--repeats", type=int, default=7, help="fresh processes per module"
    )
    return parser.parse_args()


def import_seconds(module):
    """Returns the seconds that the import of a module takes in a process."""
    output = subprocess.run(
        [sys.executable, "-c", _TIMED.format(module=module)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return float(output.splitlines()[-1])


def main():
    args = parse_arguments()
    seconds = {module: [] for module in MODULES}
    for module in MODULES:
        import_seconds(module)
    for _ in range(args.repeats):
        for module in MODULES:
            seconds[module].append(import_seconds(module))
    medians = {module: float(np.median(seconds[module])) for module in MODULES}
    print(
        json.dumps(
            {
                **vars(args),
                "added_seconds": medians["keras_tgdd"] - medians["keras"],
                "median_seconds": medians,
                "seconds": seconds,
                **machine.provenance(),
            }
        )
    )


if __name__ == "__main__":
    main()
