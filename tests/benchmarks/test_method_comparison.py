"""The script that compares methods, for seconds."""

import json

import numpy as np
import pytest
from support.processes import run_python

import keras_tgdd

pytestmark = pytest.mark.once


def run(folder, *methods, seconds="1", arguments=()):
    return run_python(
        "benchmarks/methods.py",
        *("--dataset", "digits", "--images-per-class", "1"),
        *("--seconds", seconds, "--marks", "2", "--expert-epochs", "1"),
        *("--most-steps", "100", "--width", "8", "--network-width", "8"),
        *("--epochs", "2", "--num-runs", "2", "--samples-per-class", "4"),
        *("--output-dir", folder, "--results-dir", folder),
        *("--methods", *methods),
        *arguments,
        backend="torch",
    )


def test_methods_are_compared_at_equal_seconds(tmp_path):
    printed = run(tmp_path, "covariance_tgdd", "wmdd")
    line = json.loads(printed.splitlines()[-1])
    assert set(line) == {"covariance_tgdd", "wmdd"}
    path = tmp_path / "recipes_digits.json"
    stored = json.loads(path.read_text())
    for name, entry in stored.items():
        half, whole = entry["points"]
        assert 0.0 < half["seconds"] <= whole["seconds"]
        assert 0 < half["steps"] <= whole["steps"] <= 100
        # Seconds of the distillation, without the evaluation after it.
        assert whole["seconds"] >= 1.0 or whole["steps"] == 100
        assert whole["evaluation_seconds"] > 0.0
        assert len(half["runs"]) == 1 and len(whole["runs"]) == 2
        assert line[name] == whole["mean"]
        assert {"commit", "versions", "date", "settings"} <= entry.keys()
    assert (tmp_path / "recipes_digits.png").stat().st_size > 1000
    before = path.read_bytes()
    run(tmp_path, "wmdd")
    assert path.read_bytes() == before
    with pytest.raises(AssertionError, match="other settings"):
        run(tmp_path, "wmdd", seconds="2")


def test_classes_may_be_rare(tmp_path):
    arguments = ("--imbalance", "10", "--seed", "1")
    printed = run(tmp_path, "csdm", arguments=arguments)
    path = tmp_path / "recipes_digits_imbalance_10_seed_1.json"
    stored = json.loads(path.read_text())
    assert json.loads(printed.splitlines()[-1]).keys() == stored.keys()
    settings = stored["csdm"]["settings"]
    assert settings["imbalance"] == 10.0 and settings["seed"] == 1
    assert stored["csdm"]["command"].endswith("--imbalance 10 --seed 1")


def test_the_budget_may_be_steps(tmp_path):
    run(tmp_path, "ncfm", arguments=("--steps", "10"))
    stored = json.loads((tmp_path / "recipes_digits_10_steps.json").read_text())
    settings = stored["ncfm"]["settings"]
    assert settings["steps"] == 10 and "seconds" not in settings
    assert [point["steps"] for point in stored["ncfm"]["points"]] == [5, 10]
    half, whole = (
        keras_tgdd.DistilledDataset.load(
            tmp_path / "recipes_digits_10_steps" / f"ncfm_{number}.safetensors"
        )
        for number in (1, 2)
    )
    assert (half.info["steps"], whole.info["steps"]) == (5, 10)
    assert not np.array_equal(half.images, whole.images)


def test_experts_may_be_as_published(tmp_path):
    run(tmp_path, "tgdd", arguments=("--steps", "5"))
    path = tmp_path / "recipes_digits_5_steps.json"
    settings = json.loads(path.read_text())["tgdd"]["settings"]
    assert not {"num_experts", "published_experts"} & settings.keys()
    path.unlink()
    run(
        tmp_path,
        "tgdd",
        arguments=("--steps", "5", "--num-experts", "2", "--published-experts"),
    )
    settings = json.loads(path.read_text())["tgdd"]["settings"]
    assert settings["num_experts"] == 2 and settings["published_experts"]
    short, published = (
        keras_tgdd.ExpertTrajectories.load(tmp_path / f"digits_1_width_8_{end}")
        for end in ("1_0", "1_0_published")
    )
    assert (short.num_experts, published.num_experts) == (1, 2)
    assert short.description["recipe"]["name"] == "short"
    assert published.description["recipe"]["name"] == "expert"
    # Initialization, and one or two snapshots of the epoch.
    assert (short.num_snapshots(0), published.num_snapshots(0)) == (3, 2)
