"""The README says what the stored results say."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.once
ROOT = pathlib.Path(__file__).parents[2]


def check(root):
    return subprocess.run(
        [sys.executable, "benchmarks/tables.py"],
        cwd=root,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def copy(tmp_path):
    """README, results and script, to be changed."""
    shutil.copy(ROOT / "README.md", tmp_path)
    shutil.copytree(ROOT / "benchmarks", tmp_path / "benchmarks")
    return tmp_path


def test_the_readme_says_what_was_measured():
    checked = check(ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_figure_of_ones_own_is_noticed(copy):
    readme = copy / "README.md"
    readme.write_text(readme.read_text().replace("**84.8", "**86.8"))
    checked = check(copy)
    assert checked.returncode == 1
    assert "**86.8" in checked.stdout


def test_a_changed_result_is_noticed(copy):
    path = copy / "benchmarks" / "results" / "digits_1_jax.json"
    stored = json.loads(path.read_text())
    stored["result"]["random_accuracy"] += 0.01
    path.write_text(json.dumps(stored))
    assert check(copy).returncode == 1
