"""The script behind the accuracy tables, with runs of seconds."""

import json

import pytest
from support.processes import run_python

pytestmark = pytest.mark.once

# Replaces the runs of hours by a few of seconds.
SCRIPT = """
import dataclasses, pathlib, sys
sys.path.insert(0, "benchmarks")
import accuracy, accuracy_runs, report
folder = pathlib.Path(sys.argv.pop(1))
one = accuracy_runs.Run(
    "digits", 1, factor=1, steps=2, epochs=4, num_runs=2, test_every=2,
    expert=accuracy_runs.Expert(2, number=2), start="k_means", rate=0.1,
    samples_per_class=8,
)
change = lambda **changes: dataclasses.replace(one, **changes)
accuracy_runs.RUNS.clear()
accuracy_runs.RUNS.update(
    digits_1=one,
    digits_1_random=change(method="random", steps=0, test_every=None),
    digits_1_herding=change(method="herding", factor=2, test_every=None),
    digits_1_random_networks=change(method="random_networks", num_runs=1),
    digits_1_covariance_tgdd=change(method="covariance_tgdd", num_runs=1),
)
accuracy.RESULTS = folder
output = ["--output-dir", str(folder)]
arguments = sys.argv[1:]
sys.argv[1:] = [*output, "--results-dir", str(folder), *arguments]
accuracy.main()
if not arguments:
    sys.argv[1:] = ["digits", *output]
    report.main()
"""


def run(folder, *arguments):
    return run_python("-c", SCRIPT, folder, *arguments, backend="torch")


def test_runs_are_measured_once_and_reported(tmp_path):
    listed = run(tmp_path, "--list")
    assert listed.count("to do") == 5
    printed = run(tmp_path, "digits_1", "--dtype-policy", "float32")
    assert set(json.loads(printed.splitlines()[-1])) == {"digits_1"}
    path = tmp_path / "accuracy_digits_1.json"
    stored = json.loads(path.read_text())
    assert stored["command"].endswith(
        "benchmarks/accuracy.py --dtype-policy float32 digits_1"
    )
    experts = tmp_path / "digits" / "expert_published_2_width_128_2_experts"
    assert len(list(experts.glob("expert_*.safetensors"))) == 2
    result = stored["result"]
    assert len(result["runs"]) == len(result["best_runs"]) == 2
    assert result["settings"]["images_per_class"] == 1
    assert result["settings"]["iterations"] == 2
    assert result["method"] == "tgdd"
    assert {"backend", "versions", "date", "seed"} <= result.keys()
    assert {"distillation", "evaluation"} <= result["seconds"].keys()
    kept = json.loads((tmp_path / "digits/digits_1_seed_0.json").read_text())
    assert [found["runs"] for found in kept["results"]] == [
        [accuracy] for accuracy in result["runs"]
    ]
    before = path.read_bytes()
    printed = run(tmp_path)
    assert path.read_bytes() == before
    drawn = json.loads(
        (tmp_path / "accuracy_digits_1_random.json").read_text()
    )["result"]
    assert drawn["evaluation_seeds"] == [[0, 0], [1, 0]]
    mosaics = json.loads(
        (tmp_path / "accuracy_digits_1_herding.json").read_text()
    )["result"]
    assert mosaics["num_images"] == 4 * drawn["num_images"]
    reported = json.loads(printed.splitlines()[-1])["results"]
    assert reported == [
        "TGDD, 1 per class, factor 1",
        "random, 1 per class",
        "herding, 1 per class, mosaics",
        "random networks, 1 per class, factor 1",
        "covariance TGDD, 1 per class, factor 1",
    ]
    ablation = tmp_path / "accuracy_digits_1_random_networks.json"
    assert json.loads(ablation.read_text())["result"]["method"] == (
        "random_networks"
    )
    page = (tmp_path / "digits.html").read_text()
    for name in reported:
        assert f"<td>{name}</td>" in page
