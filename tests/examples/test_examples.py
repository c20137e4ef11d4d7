"""The examples run, and end with the promised line of JSON."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from support.processes import ROOT
from support.processes import run_python

pytestmark = pytest.mark.once

KEYS = {
    "dataset",
    "backend",
    "images_per_class",
    "random_accuracy",
    "mosaic_accuracy",
    "distilled_accuracy",
    "distilled_std",
    "full_accuracy",
    "expert_seconds",
    "distill_seconds",
    "evaluate_seconds",
    "output",
}


def run_example(*arguments):
    printed = run_python(*arguments)
    assert "Test accuracy in %" in printed
    return json.loads(printed.splitlines()[-1])


def test_cifar_example_on_digits_and_its_resumption(tmp_path):
    command = (
        "examples/cifar.py --dataset digits --images-per-class 1 --factor 1 "
        "--num-experts 1 --expert-epochs 8 --steps 10 --num-runs 1 "
        f"--epochs 30 --seed 1 --output-dir {tmp_path}"
    ).split()
    result = run_example(*command)
    assert set(result) == KEYS
    assert result["dataset"] == "digits" and result["images_per_class"] == 1
    assert result["full_accuracy"] > 0.5
    for name in ("distilled_1.safetensors", "distilled_1.png"):
        assert (tmp_path / name).is_file()
    again = run_example(*command)
    assert again["expert_seconds"] < result["expert_seconds"]
    assert again["distilled_accuracy"] == result["distilled_accuracy"]


def test_continual_learning_example(tmp_path):
    printed = run_python(
        *"examples/continual_learning.py --tasks 2 --orders 2".split(),
        *"--images-per-class 1 --expert-epochs 2 --steps 2".split(),
        *f"--epochs 3 --output-dir {tmp_path}".split(),
        backend="torch",
    )
    result = json.loads(printed.splitlines()[-1])
    assert result["classes_seen"] == [5, 10]
    for method in ("distilled", "herding", "random"):
        accuracies = np.array(result["accuracies"][method])
        assert accuracies.shape == (2, 2)
        assert np.all((0 <= accuracies) & (accuracies <= 1))
        assert result["last"][method] == pytest.approx(accuracies[:, -1].mean())
    assert (tmp_path / "digits_2.png").is_file()


def test_continual_learning_needs_two_classes_per_task():
    refused = subprocess.run(
        [sys.executable, "examples/continual_learning.py", "--tasks", "6"],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert "Received: 6 tasks of 10 classes" in refused.stderr


def test_hyperparameter_search_example(tmp_path):
    printed = run_python(
        *"examples/hyperparameter_search.py --images-per-class 1".split(),
        *"--max-train 60 --expert-epochs 2 --steps 2".split(),
        *"--full-epochs 3 --epochs 3 --num-runs 1".split(),
        *f"--output-dir {tmp_path}".split(),
        backend="torch",
    )
    result = json.loads(printed.splitlines()[-1])
    assert len(result["recipes"]) == len(set(result["recipes"])) >= 8
    for name in ("distilled", "random"):
        assert -1 <= result["found"][name]["rank_correlation"] <= 1
        assert 0 <= result["found"][name]["cost"] <= 1
        assert len(result["accuracies"][name]) == len(result["recipes"])
    assert (tmp_path / "digits.png").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("images_per_class", [1, 10])
def test_quickstart_beats_random_images(tmp_path, images_per_class):
    result = run_example(
        "examples/quickstart.py",
        "--images-per-class",
        images_per_class,
        "--output-dir",
        tmp_path,
    )
    assert set(result) == KEYS
    assert result["distilled_accuracy"] > result["random_accuracy"] + 0.02
