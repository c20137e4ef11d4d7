"""The three backends on the same weights, images and draws."""

import numpy as np
import pytest
from safetensors.numpy import load_file
from support.one_step import data
from support.processes import run_python

import keras_tgdd

pytestmark = pytest.mark.once
BACKENDS = ["jax", "tensorflow", "torch"]
# Programs of JAX as users run them, whatever `make test` saves elsewhere.
AS_USED = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "0"}


def network(input_shape, num_classes):
    return keras_tgdd.models.ConvNet(input_shape, num_classes, width=8)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A directory with the experts that this backend recorded."""
    directory = tmp_path_factory.mktemp("agree")
    keras_tgdd.train_experts(
        data(),
        network,
        num_experts=1,
        epochs=2,
        directory=directory / "experts",
        verbose=0,
    )
    return directory


def on_each_backend(script, directory):
    """What a script of `tests/support` writes from the stored experts."""
    results = {}
    for backend in BACKENDS:
        output = directory / f"{script}_{backend}.safetensors"
        run_python(
            f"tests/support/{script}.py",
            directory / "experts",
            output,
            backend=backend,
            **AS_USED,
        )
        results[backend] = load_file(output)
    return results


@pytest.fixture(scope="module")
def steps(directory):
    """What each backend makes of the experts."""
    return on_each_backend("one_step", directory)


@pytest.mark.parametrize("other", ["tensorflow", "torch"])
@pytest.mark.parametrize(
    "name", ["start", "losses", "gradient", "features", "outputs"]
)
def test_same_within_1e_4_in_relative_l2_norm(steps, name, other):
    expected, actual = steps["jax"][name], steps[other][name]
    assert np.linalg.norm(expected) > 0
    error = np.linalg.norm(actual - expected) / np.linalg.norm(expected)
    assert error < 1e-4


@pytest.mark.parametrize("writer", BACKENDS)
def test_distilled_sets_load_on_another_backend(tmp_path, writer):
    reader = BACKENDS[BACKENDS.index(writer) - 1]
    path = tmp_path / "d.safetensors"
    image = "np.linspace(0, 1, 72, dtype='float32').reshape(2, 1, 6, 6, 1)"
    run_python(
        "-c",
        "import numpy as np, keras_tgdd\n"
        f"d = keras_tgdd.DistilledDataset({image}, factor=2)\n"
        f"d.save({str(path)!r})",
        backend=writer,
    )
    printed = run_python(
        "-c",
        "import numpy as np, keras_tgdd\n"
        f"d = keras_tgdd.DistilledDataset.load({str(path)!r})\n"
        f"assert np.array_equal(d.images, {image})\n"
        "print(d.to_numpy()[0].shape)",
        backend=reader,
    )
    assert printed.strip().endswith("(8, 6, 6, 1)")


def test_summaries_of_one_backend_serve_another_without_the_data(
    directory, tmp_path
):
    """Made here; each backend distils from them in a process of its own,
    which reads experts and summaries alone."""
    experts = keras_tgdd.ExpertTrajectories.load(directory / "experts")
    summaries = keras_tgdd.summarize(
        experts, data(), plan=6, directory=tmp_path / "made", verbose=0
    )
    summaries.save(tmp_path / "summaries.safetensors")
    images = {}
    for backend in BACKENDS:
        output = tmp_path / f"{backend}.safetensors"
        run_python(
            "tests/support/distil_without_data.py",
            directory / "experts",
            tmp_path / "summaries.safetensors",
            output,
            backend=backend,
        )
        images[backend] = keras_tgdd.DistilledDataset.load(output).images
    start = np.random.default_rng(0).random(images["jax"].shape, "float32")
    moved = np.linalg.norm(images["jax"] - start)
    assert moved > 1e-3
    for other in ("tensorflow", "torch"):
        error = np.linalg.norm(images[other] - images["jax"])
        assert error < 1e-3 * moved


def test_summaries_agree(directory, tmp_path):
    """Each backend summarizes the same images under the same experts."""
    means = {}
    for backend in BACKENDS:
        run_python(
            "-c",
            "import sys; sys.path.insert(0, 'tests/support')\n"
            "import keras_tgdd, one_step\n"
            f"e = keras_tgdd.ExpertTrajectories.load({str(directory)!r} "
            "+ '/experts')\n"
            "keras_tgdd.summarize(e, one_step.data(), plan=4, "
            "samples_per_class=4, "
            f"directory={str(tmp_path / backend)!r}, verbose=0)",
            backend=backend,
        )
        (path,) = (tmp_path / backend).iterdir()
        means[backend] = load_file(path)["summary/mean"]
    for other in ("tensorflow", "torch"):
        error = np.linalg.norm(means[other] - means["jax"])
        assert error < 1e-4 * np.linalg.norm(means["jax"])


@pytest.fixture(scope="module")
def method_steps(directory):
    """What each backend makes of every method."""
    return on_each_backend("method_steps", directory)


@pytest.mark.parametrize("other", ["tensorflow", "torch"])
@pytest.mark.parametrize("kind", ["losses", "movement"])
@pytest.mark.parametrize("name", keras_tgdd.methods.method_names())
def test_a_method_is_the_same_on_all_backends(method_steps, name, kind, other):
    key = f"{name}/{kind}"
    expected, actual = method_steps["jax"][key], method_steps[other][key]
    assert np.linalg.norm(expected) > 0
    error = np.linalg.norm(actual - expected) / np.linalg.norm(expected)
    assert error < 1e-3


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory):
    """What each backend makes of a seed."""
    directory = tmp_path_factory.mktemp("evaluations")
    results = {}
    for backend in BACKENDS:
        output = directory / f"{backend}.safetensors"
        run_python(
            "tests/support/one_evaluation.py",
            output,
            backend=backend,
            **AS_USED,
        )
        results[backend] = load_file(output)
    return results


@pytest.mark.parametrize("other", ["tensorflow", "torch"])
def test_a_seed_evaluates_to_the_same(evaluations, other):
    expected, actual = evaluations["jax"], evaluations[other]
    np.testing.assert_allclose(actual["start"], expected["start"], atol=1e-7)
    moved = np.linalg.norm(expected["end"] - expected["start"])
    assert moved > 0.01
    error = np.linalg.norm(actual["end"] - expected["end"])
    assert error < 1e-3 * moved
    np.testing.assert_array_equal(actual["accuracy"], expected["accuracy"])
