"""The pages by task run, leave their files, and find what they promise."""

import ast
import json
import re

import numpy as np
import pytest
from PIL import Image
from support.processes import ROOT
from support.processes import run_python

import keras_tgdd

pytestmark = pytest.mark.once

SECTION = (ROOT / "README.md").read_text().split("## Pages by task")[1]
PAGES = re.findall(r"\((examples/\w+\.py)\)", SECTION.split("\n## ")[0])
METHODS = ("distilled", "herding", "random")


def run_page(name, directory, *arguments, backend="torch"):
    """Runs a page; returns what it found, the last line of its output."""
    printed = run_python(
        f"examples/{name}.py",
        *" ".join(arguments).split(),
        "--output-dir",
        directory,
        backend=backend,
        PYTHONPATH=str(ROOT),
    )
    return json.loads(printed.splitlines()[-1])


def test_own_images(tmp_path):
    found = run_page(
        "own_images",
        tmp_path,
        "--image-size 8 --images-per-class 1 --steps 3 --epochs 60",
        backend="jax",
    )
    assert found["images"] == sum(96 - 16 * label for label in range(5))
    assert found["kept"] == 5
    assert found["distilled"] > 0.5  # of five classes
    assert 0.2 < found["random"] <= 1.0
    distilled = keras_tgdd.DistilledDataset.load(
        tmp_path / "distilled.safetensors"
    )
    assert distilled.image_shape == (8, 8, 3)
    assert distilled.class_names == ("four", "one", "three", "two", "zero")
    assert (tmp_path / "distilled.png").is_file()
    with pytest.raises(OSError):
        Image.open(tmp_path / "photos" / "one" / "broken.png").load()


def test_own_images_from_a_given_folder(tmp_path, digits):
    for label, name in enumerate(("nought", "one")):
        (tmp_path / "mine" / name).mkdir(parents=True)
        images = digits.x_train[digits.y_train == label, ..., 0]
        for number, image in enumerate(images[:10]):
            path = tmp_path / "mine" / name / f"{number}.png"
            Image.fromarray(image).save(path)
    found = run_page(
        "own_images",
        tmp_path / "output",
        f"--directory {tmp_path / 'mine'} --image-size 8",
        "--images-per-class 1 --steps 2 --epochs 20",
    )
    assert found["images"] == 16 and found["kept"] == 2
    assert not (tmp_path / "output" / "photos").exists()


def test_choosing_size(tmp_path):
    rows = run_page(
        "choosing_size",
        tmp_path,
        "--quick --sizes 1 2 --expert-epochs 1 --steps 2 --epochs 2",
    )
    sizes = [(row["per class"], row["factor"]) for row in rows]
    assert sizes == [(1, 1), (2, 1), (1, 2), (2, 2)]
    # Ten classes of images of 16 x 16 pixels, and labels of 8 bytes.
    assert [row["bytes"] for row in rows] == [10320, 20640, 10320, 20640]
    assert all(0 <= row["accuracy"] <= 1 for row in rows)
    assert all(row["seconds"] > 0 for row in rows)
    assert Image.open(tmp_path / "sizes.png").size == (750, 600)
    assert len(list(tmp_path.glob("expert_*"))) == 1
    assert len(list(tmp_path.glob("summaries_*"))) == 1


def test_reading_report(tmp_path):
    found = run_page(
        "reading_report",
        tmp_path,
        "--quick --sizes 1 2 --expert-epochs 1 --steps 2 --epochs 2",
    )
    names = [f"{m}, {n}" for n in (1, 2) for m in METHODS]
    assert list(found["accuracies"]) == names
    # The report has every part that the page explains.
    text = (tmp_path / "report.md").read_text()
    source = (ROOT / "examples" / "reading_report.py").read_text()
    page = ast.get_docstring(ast.parse(source))
    parts = re.findall(r"^\*\*(.+?)\*\*", page, re.M)
    headings = re.findall(r"^## (.+)$", text, re.M)
    for part in parts:
        start = "Protocol" if part == "The table" else part
        assert any(heading.startswith(start) for heading in headings), part
    for method in METHODS:
        assert f"Features: {method}, 2" in text
        assert f"Features: {method}, 1" not in text
    assert (tmp_path / "report.html").stat().st_size > 100_000


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_resuming(tmp_path, backend):
    arguments = "--expert-epochs 1 --steps 5 --interrupt-at 2"
    found = run_page("resuming", tmp_path, arguments, backend=backend)
    assert found["largest_difference"] == 0.0
    assert found["steps_left"] == 3
    assert (tmp_path / "distilled.png").is_file()


def test_sharing(tmp_path):
    found = run_page("sharing", tmp_path, "--steps 3", backend="jax")
    assert set(found["accuracies"]) == {"keras", "torch", "sklearn"}
    assert all(accuracy > 0.7 for accuracy in found["accuracies"].values())
    distilled = keras_tgdd.DistilledDataset.load(found["output"])
    pictures = sorted((tmp_path / "pictures").rglob("*.png"))
    assert len(pictures) == 100
    pixels = np.asarray(Image.open(pictures[0]), "float32") / 255
    difference = np.abs(pixels - distilled.images[0, 0, ..., 0]).max()
    assert difference <= 0.5 / 255 + 1e-6


def test_the_readme_lists_short_pages():
    assert len(PAGES) == len(set(PAGES)) >= 5
    for page in PAGES:
        source = (ROOT / page).read_text()
        assert len(source.splitlines()) < 100, page
        described = ast.get_docstring(ast.parse(source))
        assert f"python {page}" in described
        assert len(described.splitlines()) > 10, page


def test_the_heart_is_ten_lines():
    source = (ROOT / "examples" / "own_images.py").read_text()
    heart = source.split("# The ten lines.\n")[1].split("    # And")[0]
    assert 0 < len(heart.splitlines()) <= 10
    assert "from_directory" in heart and "distill(" in heart
