"""The examples run, and end with the promised line of JSON."""

import json

import pytest
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
        "--num-experts 1 --expert-epochs 8 --iterations 10 --num-runs 1 "
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
