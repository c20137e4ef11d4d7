import base64
import dataclasses
import io
import re
import shutil
import subprocess
import sys
from urllib.parse import unquote

import matplotlib.image
import numpy as np
import pytest

import keras_tgdd
from keras_tgdd.datasets import TrainingData
from keras_tgdd.evaluation import EvaluationResult
from keras_tgdd.evaluation import select_images
from keras_tgdd.training import TrainingRecipe

CHROMIUM = ("chromium", "chromium-browser", "chrome")
BROWSER = next(filter(None, map(shutil.which, CHROMIUM)), None)
NAMES = ("dark", "<b>medium</b>", "bright")


def result(*runs, **changes):
    fields = dict(
        protocol=TrainingRecipe("mine", epochs=8).to_dict(),
        seed=3,
        num_images=12,
        seconds=2.0,
        confusion=((5, 1, 0), (0, 6, 0), (1, 2, 3)),
        images_per_class=1,
        method="tgdd",
    )
    return EvaluationResult(runs, **{**fields, **changes})


@pytest.fixture
def arguments(small_data, experts):
    data = TrainingData(*small_data, NAMES, experts.normalization)
    distilled = select_images(data, 1, factor=2)
    other = TrainingRecipe("other", epochs=9).to_dict()
    return dict(
        results={
            "ours": result(0.8, 0.6, best_runs=(0.9, 0.7)),
            "ours, 5 | <i> [x](y)": result(0.9, images_per_class=5),
            "elsewhere": result(0.5, protocol=other),
        },
        sets={"ours": distilled},
        seconds={"ours": 40.0},
        experts=experts,
        data=data,
        title="Small <data>",
    )


def test_the_page_is_self_contained(tmp_path, arguments):
    path = tmp_path / "made" / "report.html"
    keras_tgdd.report(path=path, **arguments)
    page = path.read_text()
    pictures = re.findall(r'src="([^"]*)"', page)
    assert len(pictures) == 5
    for picture in pictures:
        kind, data = picture.split(",")
        assert kind == "data:image/png;base64"
        image = matplotlib.image.imread(io.BytesIO(base64.b64decode(data)))
        assert image.std() > 0.01  # something is drawn
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page and "<link" not in page


def test_names_are_text_and_never_markup(tmp_path, arguments):
    keras_tgdd.report(path=tmp_path / "report.html", **arguments)
    page = (tmp_path / "report.html").read_text()
    markdown = (tmp_path / "report.md").read_text()
    assert "Small &lt;data&gt;" in page and "<data>" not in page
    assert "<i>" not in page and "<i>" not in markdown
    assert "| ours, 5 \\| &lt;i> \\[x\\](y) |" in markdown


def test_the_table_says_what_was_measured(tmp_path, arguments):
    keras_tgdd.report(path=tmp_path / "report.html", **arguments)
    markdown = (tmp_path / "report.md").read_text()
    row = next(x for x in markdown.splitlines() if x.startswith("| ours |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:8] == [
        *("ours", "1", "12 images", "70.0 ± 10.0", "2", "3", "80.0", "40 s")
    ]
    page = (tmp_path / "report.html").read_text()
    for cell in cells:
        assert f">{cell}<" in page


def test_networks_are_named_where_they_differ(tmp_path):
    path = tmp_path / "report.html"
    keras_tgdd.report({"a": result(0.5, network="MLP")}, path)
    assert "MLP" not in path.read_text()
    others = {"a": result(0.5, network="MLP"), "b": result(0.6)}
    keras_tgdd.report(others, path)
    for file in (path, path.with_suffix(".md")):
        assert "1 MLP" in file.read_text()


def test_protocols_are_never_mixed(tmp_path, arguments):
    keras_tgdd.report(path=tmp_path / "report.html", **arguments)
    for file in ("report.html", "report.md"):
        text = (tmp_path / file).read_text()
        mine, other = text.index("8 epochs"), text.index("9 epochs")
        assert mine < text.index("ours") < other < text.index("elsewhere")
        assert "are not comparable" in text


def test_the_markdown_shows_the_same_pictures(tmp_path, arguments):
    path = tmp_path / "my report.html"
    stale = tmp_path / "my report_files" / "99_former.png"
    stale.parent.mkdir()
    stale.write_text("")
    keras_tgdd.report(path=path, **arguments)
    markdown = (tmp_path / "my report.md").read_text()
    shown = [
        unquote(p) for p in re.findall(r"^!\[.*\]\((\S*)\)$", markdown, re.M)
    ]
    there = {str(p.relative_to(tmp_path)) for p in stale.parent.iterdir()}
    assert set(shown) == there and len(shown) == 5


def test_results_alone_will_do(tmp_path):
    keras_tgdd.report({"ours": result(0.5)}, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.count("<img") == 1  # the confusion
    bare = dataclasses.replace(
        result(0.5), confusion=(), images_per_class=None, method=None
    )
    keras_tgdd.report({"ours": bare}, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text().count("<img") == 0


@pytest.mark.parametrize(
    "changes, error, message",
    [
        ({"results": {}}, ValueError, "no results"),
        ({"results": {"ours": 0.5}}, TypeError, "Received: float for 'ours'"),
        ({"path": "report.txt"}, ValueError, "'.html'.*report.txt"),
        ({"seconds": {"theirs": 1.0}}, ValueError, r"Received: \['theirs'\]"),
        ({"sets": {"theirs": None}}, ValueError, r"Received: \['theirs'\]"),
        ({"data": np.zeros((3, 8, 8, 2))}, TypeError, "pass the pair"),
    ],
)
def test_bad_input_is_refused_and_nothing_written(
    tmp_path, monkeypatch, arguments, changes, error, message
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        keras_tgdd.report(**{"path": "report.html", **arguments, **changes})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "module, package",
    [
        ("jinja2", "jinja2"),
        ("matplotlib.figure", "matplotlib"),
        ("sklearn.metrics", "scikit-learn"),
    ],
)
def test_a_missing_package_is_named_and_nothing_written(
    tmp_path, monkeypatch, module, package
):
    monkeypatch.setitem(sys.modules, module, None)
    message = rf"{package}, which is not installed.*keras-tgdd\[report\]"
    with pytest.raises(ImportError, match=message):
        keras_tgdd.report({"ours": result(0.5)}, tmp_path / "report.html")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("as_pair", [False, True])
def test_the_data_tell_how_much_smaller_the_sets_are(
    tmp_path, arguments, small_data, as_pair
):
    if as_pair:
        arguments["data"] = small_data
    del arguments["experts"]  # no features
    keras_tgdd.report(path=tmp_path / "report.html", **arguments)
    markdown = (tmp_path / "report.md").read_text()
    row = next(x for x in markdown.splitlines() if x.startswith("| ours |"))
    x, distilled = small_data[0], arguments["sets"]["ours"]
    ratio = (x.nbytes + 8 * len(x)) / (distilled.images.nbytes + 8 * 3)
    assert row.endswith(f"| {ratio:.0f}× |")
    assert markdown.count("![") == 4


@pytest.mark.once
@pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed")
def test_a_browser_shows_it(tmp_path, arguments):
    path, picture = tmp_path / "report.html", tmp_path / "page.png"
    keras_tgdd.report(path=path, **arguments)
    subprocess.run(
        [
            *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu"),
            *("--hide-scrollbars", "--window-size=1000,4000"),
            *(f"--user-data-dir={tmp_path}", f"--screenshot={picture}"),
            path.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    shown = matplotlib.image.imread(picture)[..., :3]
    assert shown.shape == (4000, 1000, 3)
    # Ink in each quarter that the page fills, and the blue of the confusion.
    for part in np.split(shown[:3000], 3):
        assert np.mean(part < 0.9) > 0.01
    blue = np.abs(shown - [8 / 255, 48 / 255, 107 / 255]).max(axis=-1) < 0.02
    assert blue.sum() > 1000
