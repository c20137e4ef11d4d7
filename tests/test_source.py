"""Rules that the source keeps."""

import ast
import pathlib

import pytest

import keras_tgdd

# No backend takes part.
pytestmark = pytest.mark.once


ROOT = pathlib.Path(keras_tgdd.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
BACKENDS = {"jax", "tensorflow", "torch"}
# Within a function: to compile for PyTorch, and to give and read its own kinds
# of data.
MAY_IMPORT = ("compilation.py", "conversions.py", "torch_files.py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_backend_no_private_keras_no_pickle(path):
    source = path.read_text()
    tree = ast.parse(source)
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            root = name.split(".")[0]
            assert root != "pickle", (path, name)
            within = path.name in MAY_IMPORT and node.col_offset > 0
            assert root not in BACKENDS or within, (path, name)
            assert not name.startswith("keras.src"), (path, name)
    assert "allow_pickle=True" not in source
    if path.name != "compilation.py":
        assert "backend() ==" not in source and "backend() !=" not in source


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_small_rooms(path):
    tree = ast.parse(path.read_text())
    assert len(path.read_text().splitlines()) < 400
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(
                getattr(first, "value", None), ast.Constant
            )
            start = first.end_lineno if documented else node.lineno
            assert node.end_lineno - start < 60, (path, node.name)
