"""The script that measures what importing the package takes."""

import json

import pytest
from support.processes import run_python

pytestmark = pytest.mark.once

# Seconds of the processes: one that warms up, then three.
MEASURED = """
import sys
sys.path.insert(0, "benchmarks")
import import_time
seconds = {"keras": iter([9, 1, 2, 6]), "keras_tgdd": iter([9, 7, 4, 3])}
order = []
def measured(module):
    order.append(module)
    return next(seconds[module])
import_time.import_seconds = measured
sys.argv[1:] = ["--repeats", "3"]
import_time.main()
assert order == ["keras", "keras_tgdd"] * 4
"""
IMPORTED = """
import sys
sys.path.insert(0, "benchmarks")
import import_time
print(import_time.import_seconds("json") > 0)
import_time.import_seconds("no_such_module")
"""


def test_the_added_seconds_are_a_difference_of_medians():
    printed = run_python("-c", MEASURED)
    line = json.loads(printed.splitlines()[-1])
    assert line["seconds"] == {"keras": [1, 2, 6], "keras_tgdd": [7, 4, 3]}
    assert line["median_seconds"] == {"keras": 2, "keras_tgdd": 4}
    assert line["added_seconds"] == 2
    assert line["backend"] == "jax"
    assert {"commit", "versions", "date", "repeats"} <= line.keys()


def test_modules_are_imported_in_fresh_processes():
    with pytest.raises(AssertionError, match="True\n(.|\n)*no_such_module"):
        run_python("-c", IMPORTED)
