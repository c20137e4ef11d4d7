"""The package as people install it."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from support.processes import ROOT

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    target = tmp_path_factory.mktemp("dist")
    source = target / "source"
    shutil.copytree(
        ROOT,
        source,
        ignore=shutil.ignore_patterns(".*", "output", "experts", "build"),
    )
    subprocess.run(
        [
            *(sys.executable, "-m", "build", "--wheel", "--no-isolation"),
            *("--outdir", str(target), str(source)),
        ],
        check=True,
        capture_output=True,
    )
    return next(target.glob("*.whl"))


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "keras_tgdd/py.typed" in names
    assert "keras_tgdd/synthetic/synthetic_images.py" in names
    assert "keras_tgdd/evaluation/reporting/templates/page.html.jinja" in names
    roots = {name.split("/")[0].split("-")[0] for name in names}
    assert roots == {"keras_tgdd"}
    size = wheel.stat().st_size
    assert size < 1_000_000


def test_the_wheel_installs_and_imports_in_an_empty_environment(
    wheel, tmp_path
):
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("PYTHON") and key != "VIRTUAL_ENV"
    }
    environment["KERAS_BACKEND"] = "jax"

    def run(*command):
        result = subprocess.run(
            [str(part) for part in command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    requirement = f"keras-tgdd[jax,selection] @ {wheel.as_uri()}"
    run(python, *"-m pip install -q -c".split(), constraints, requirement)
    script = (
        "import keras_tgdd as k, pathlib\n"
        "assert 'site-packages' in k.__file__\n"
        "print(k.__version__, k.datasets.load('digits').x_train.shape)"
    )
    printed = run(python, "-c", script)
    assert printed.strip().endswith("(1437, 8, 8, 1)")
