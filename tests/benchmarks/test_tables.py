"""The tables of the README agree with the stored results."""

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
    """A copy of README, results and scripts, to be changed."""
    shutil.copy(ROOT / "README.md", tmp_path)
    shutil.copytree(ROOT / "benchmarks", tmp_path / "benchmarks")
    return tmp_path


def test_the_readme_agrees_with_the_results():
    checked = check(ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_changed_figure_is_noticed(copy):
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


def point(mean, std=0.01):
    return {"mean": mean, "std": std, "steps": 50, "runs": [mean] * 3}


def test_tables_of_methods(copy):
    results = copy / "benchmarks" / "results"
    for path in results.glob("recipes_*.json"):
        path.unlink()
    entries = {"dm": {"points": [point(0.7), point(0.81)]}}
    (results / "recipes_fashion_mnist.json").write_text(json.dumps(entries))
    for steps, mean in ((1000, 0.45), (5000, 0.5)):
        entries = {"dm": {"points": [point(mean)]}}
        path = results / f"recipes_cifar10_{steps}_steps.json"
        path.write_text(json.dumps(entries))
    for end, mean in (("", 0.5), ("_seed_1", 0.6), ("_seed_2", 0.7)):
        name = f"recipes_fashion_mnist_imbalance_100{end}_1000_steps.json"
        entries = {"csdm": {"points": [point(mean)]}}
        (results / name).write_text(json.dumps(entries))
    readme = copy / "README.md"
    subprocess.run(
        [sys.executable, "benchmarks/tables.py", "--write"],
        cwd=copy,
        check=True,
    )
    written = readme.read_text()
    assert "| `dm` | 50 | 70.0 | **81.0 ± 1.0** |" in written
    assert "| `dm` | 45.0 ± 1.0 | 50.0 ± 1.0 | 48.9 |" in written
    assert "| `csdm` | 50.0 | 60.0 | 70.0 | **60.0 ± 8.2** |" in written
    assert check(copy).returncode == 0
