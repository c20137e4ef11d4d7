"""The README's Python runs as it stands, and its commands exist.

`support.prepared` says which two constants of the package are changed.
"""

import argparse
import pathlib
import re
import runpy
import shlex
import sys
import tomllib

import numpy as np
import pytest
from support.prepared import Prepared
from support.prepared import jax_optimizations
from support.prepared import shorten_defaults
from support.processes import ROOT

import keras_tgdd

pytestmark = pytest.mark.once
README = (ROOT / "README.md").read_text()
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# What no block defines: a reader's own network and batches.
GRANTED = ("build_network", "dataset")
# Languages of blocks that are not run.
TEXT = {"bibtex"}
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def blocks(language):
    """Yields code blocks in their order, with their first lines."""
    for found in FENCE.finditer(README):
        if found[1] == language:
            yield README.count("\n", 0, found.start(2)) + 1, found[2]


def commands():
    """Yields commands, of blocks and of sentences."""
    text = "\n".join(code for _, code in blocks("bash"))
    prose = re.sub(FENCE, "", README)
    text += "\n" + "\n".join(
        " ".join(code.split())
        for code in re.findall(r"`([^`]+)`", prose)
        if re.search(r"(^|\s)(python|make|pip)\s|^\w+/\w+\.py", code)
    )
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            del words[0]  # an environment variable
        if words:
            yield words


SCRIPTS = [
    words[words[0] == "python" :]
    for words in commands()
    if words[0] == "python" or words[0].endswith(".py")
]


def test_code_runs_in_the_order_of_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shorten_defaults(monkeypatch)
    prepared = Prepared(tmp_path, (32, 32, 3), num_classes=2)
    prepared.write_files()
    pathlib.Path("distilled.safetensors").unlink()  # the page writes it
    namespace = {name: getattr(prepared, name) for name in GRANTED}
    found = list(blocks("python"))
    assert len(found) == README.count("```python")
    with jax_optimizations(True):
        for line, code in found:
            # Errors then name the line of the page.
            placed = "\n" * (line - 1) + code
            exec(compile(placed, "README.md", "exec"), namespace)
    for name in ("distilled.safetensors", "distilled.png", "report.html"):
        assert pathlib.Path(name).is_file()
    check_results(namespace)


def check_results(namespace):
    """What the page's code made is what its text says."""
    data, distilled = namespace["data"], namespace["distilled"]
    assert distilled.images.shape == (2, 10, 32, 32, 3)
    assert namespace["trainer"].num_steps == 500
    assert namespace["experts"].num_experts == 2
    assert namespace["stored"].class_names is None
    # Herded images are real images, not distilled ones.
    real = {image.tobytes() for image in np.float32(data.x_train / 255)}
    herded = namespace["herded"]
    assert isinstance(herded, keras_tgdd.DistilledDataset)
    for image in herded.to_numpy()[0]:
        assert image.tobytes() in real
    for result in namespace["results"].values():
        assert len(result.runs) == 3


def test_every_block_is_run_or_no_code():
    languages = {found[1] for found in FENCE.finditer(README)}
    assert languages <= {"python", "bash"} | TEXT


class Parsed(Exception):
    """Ends a script when it has parsed its command line."""


@pytest.mark.parametrize("words", SCRIPTS, ids=" ".join)
def test_scripts_know_their_options(words, monkeypatch):
    script, *options = words
    path = ROOT / script
    assert path.is_file()
    parse = argparse.ArgumentParser.parse_args

    def parse_and_end(*arguments):
        parse(*arguments)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_and_end)
    monkeypatch.setattr(sys, "argv", [str(path), *options])
    monkeypatch.syspath_prepend(path.parent)
    with pytest.raises(Parsed):
        runpy.run_path(str(path), run_name="__main__")


def test_an_unknown_option_is_noticed(monkeypatch):
    with pytest.raises(SystemExit):
        test_scripts_know_their_options(
            ["examples/cifar.py", "--quickly"], monkeypatch
        )


def test_other_commands_name_what_there_is():
    makefile = (ROOT / "Makefile").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = {"make": 0, "pip": 0}
    for words in commands():
        if words[0] == "make":
            for target in words[1:]:
                assert re.search(rf"^{target}:", makefile, re.MULTILINE)
        elif words[0] == "pip":
            extras = re.search(r"\[(.+)\]", words[-1])[1].split(",")
            assert set(extras) <= project["optional-dependencies"].keys()
            assert (ROOT / words[words.index("-c") + 1]).is_file()
        else:
            assert words in SCRIPTS or words[1:] in SCRIPTS
            continue
        known[words[0]] += 1
    assert all(known.values())


def test_links_lead_to_files():
    links = LINK.findall(README)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
