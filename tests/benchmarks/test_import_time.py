"""The script that measures what importing the package takes."""

import json

import numpy as np
import pytest
from support.processes import run_python

pytestmark = pytest.mark.once

MISSING = """
import sys
sys.path.insert(0, "benchmarks")
import import_time
import_time.import_seconds("no_such_module")
"""


def test_the_added_seconds_are_a_difference_of_medians():
    printed = run_python("benchmarks/import_time.py", "--repeats", "3")
    line = json.loads(printed.splitlines()[-1])
    seconds = line["seconds"]
    assert set(seconds) == {"keras", "keras_tgdd"}
    assert all(len(found) == 3 for found in seconds.values())
    added = np.median(seconds["keras_tgdd"]) - np.median(seconds["keras"])
    assert line["added_seconds"] == pytest.approx(added)
    assert line["backend"] == "jax"
    assert {"commit", "versions", "date", "repeats"} <= line.keys()


def test_the_module_is_imported():
    with pytest.raises(AssertionError, match="No module named 'no_such_module"):
        run_python("-c", MISSING)
