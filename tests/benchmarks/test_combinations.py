"""The script that compares combinations of parts, for seconds."""

import json

import pytest
from support.processes import run_python

pytestmark = pytest.mark.once


def run(folder, *names, seconds="1"):
    return run_python(
        "benchmarks/combinations.py",
        *names,
        *("--dataset", "digits", "--images-per-class", "1"),
        *("--seconds", seconds, "--expert-epochs", "1", "--width", "8"),
        *("--network-width", "8", "--epochs", "2", "--num-runs", "2"),
        *("--samples-per-class", "4"),
        *("--output-dir", folder, "--results-dir", folder),
        backend="torch",
    )


def test_combinations_are_tried_and_kept(tmp_path):
    printed = run(tmp_path, "tgdd", "layers")
    line = json.loads(printed.splitlines()[-1])
    path = tmp_path / "combinations_digits_1.json"
    stored = json.loads(path.read_text())
    assert set(line) == set(stored) == {"tgdd", "layers"}
    for name, entry in stored.items():
        assert entry["steps"] > 5 and len(entry["runs"]) == 2
        assert line[name] == entry["mean"]
        assert {"commit", "versions", "date", "settings"} <= entry.keys()
    assert stored["tgdd"]["start"] == "random"
    assert stored["tgdd"]["method"] == "tgdd"
    assert stored["layers"]["objective"] == "LayerMatching"
    assert stored["layers"]["method"] == "distribution matching"
    before = path.read_bytes()
    run(tmp_path, "tgdd")
    assert path.read_bytes() == before
    with pytest.raises(AssertionError, match="other settings"):
        run(tmp_path, "tgdd", seconds="2")


def test_unknown_combinations_are_named(tmp_path):
    with pytest.raises(AssertionError, match="Combinations must be among"):
        run(tmp_path, "best")
    assert not list(tmp_path.iterdir())
