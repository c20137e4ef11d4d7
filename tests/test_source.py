"""Rules of the source: imports, floors, sizes and signatures."""

import ast
import pathlib

import pytest
from support.floors import arrows_up
from support.floors import circles
from support.floors import floors_without_a_room
from support.floors import imported_modules
from support.floors import imports_of_packages
from support.floors import loaded_by_name
from support.floors import module_name
from support.floors import read_floors
from support.floors import read_imports
from support.floors import rooms_without_a_floor
from support.processes import ROOT as REPOSITORY
from support.signatures import classes_of
from support.signatures import positional_arguments

# No backend takes part.
pytestmark = pytest.mark.once


ROOT = REPOSITORY / "keras_tgdd"
FILES = sorted(ROOT.rglob("*.py"))
IDS = [str(path.relative_to(ROOT)) for path in FILES]
TREES = {path: ast.parse(path.read_text()) for path in FILES}
BACKENDS = {"jax", "tensorflow", "torch"}
# Imported only by `runtime.optional.require`, within a function.
OPTIONAL = {
    "PIL",
    "jinja2",
    "matplotlib",
    "ot",
    "sklearn",
    "tensorboard",
    "tensorboardX",
    "tensorflow_datasets",
}
# Files that compare the backend, and may import it within a function.
KNOW_THE_BACKEND = {"runtime/compilation.py", "runtime/gradients.py"}
# Imports of a folder whose purpose is that Keras knows all its layers.
REGISTERING = ["keras_tgdd.models.rebuilding -> keras_tgdd.layers"]
MOST_ENTRIES = 14
MOST_POSITIONAL = 7


def imported_names(node):
    """Names of the modules that an import statement names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_imports_neither_optional_packages_nor_backends_nor_pickle(path):
    knows = str(path.relative_to(ROOT)) in KNOW_THE_BACKEND
    for node in ast.walk(TREES[path]):
        for name in imported_names(node):
            root = name.split(".")[0]
            assert root not in OPTIONAL | {"pickle"}, name
            within = knows and node.col_offset > 0
            assert root not in BACKENDS or within, name
            assert not name.startswith("keras.src"), name
    source = path.read_text()
    assert "allow_pickle=True" not in source
    assert "TYPE_CHECKING" not in source


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_packages_are_required_within_functions(path):
    for statement in TREES[path].body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                assert not list(loaded_by_name(node)), ast.unparse(node)


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_only_the_runtime_compares_the_backend(path):
    if str(path.relative_to(ROOT)) in KNOW_THE_BACKEND:
        return
    for node in ast.walk(TREES[path]):
        if isinstance(node, (ast.Compare, ast.Match)):
            assert "backend()" not in ast.unparse(node)


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_files_and_functions_are_small(path):
    assert len(path.read_text().splitlines()) < 400
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.FunctionDef):
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(
                getattr(first, "value", None), ast.Constant
            )
            start = first.end_lineno if documented else node.lineno
            assert node.end_lineno - start < 60, node.name


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_signatures_have_few_positional_arguments(path):
    classes = {}
    for tree in TREES.values():
        classes.update(classes_of(tree))
    classes.update(classes_of(TREES[path]))
    counts = positional_arguments(TREES[path], classes)
    long = {k: n for k, n in counts.items() if n > MOST_POSITIONAL}
    assert not long


def test_positional_arguments_are_counted():
    code = """
def function(a, b=1, /, c=2, *args, d=3, **kwargs): ...
def _private(a, b, c): ...
class Class:
    def __init__(self, a, *, b): ...
    def method(self, a, b): ...
    @staticmethod
    def static(a): ...
    @classmethod
    def make(cls, a): ...
    def _private(self, a): ...
@dataclasses.dataclass(frozen=True)
class Base:
    a: int
    constant: ClassVar[int] = 3
    derived: int = dataclasses.field(init=False)
@dataclass
class Derived(Base):
    b: int = 1
    c: int = dataclasses.field(default=2, kw_only=True)
    _: dataclasses.KW_ONLY
    d: int = 4
@dataclasses.dataclass(kw_only=True)
class Keywords(Derived):
    e: int = 5
"""
    assert positional_arguments(ast.parse(code)) == {
        "function": 3,
        "Class.__init__": 1,
        "Class.method": 2,
        "Class.static": 1,
        "Class.make": 1,
        "Base.__init__": 1,
        "Derived.__init__": 2,
        "Keywords.__init__": 2,
    }


# Floors.


@pytest.fixture(scope="module")
def floors():
    return read_floors((REPOSITORY / "CONTRIBUTING.md").read_text())


@pytest.fixture(scope="module")
def imports():
    return read_imports(ROOT)


def test_the_picture_shows_every_room(imports, floors):
    assert rooms_without_a_floor(imports, floors) == []
    assert floors_without_a_room(imports, floors) == []


def test_rooms_import_lower_floors_alone(imports, floors):
    assert arrows_up(imports, floors) == []


def test_files_import_files_and_never_in_a_circle(imports):
    packages = {
        module_name(path, ROOT) for path in FILES if path.stem == "__init__"
    }
    assert imports_of_packages(imports, packages) == REGISTERING
    assert circles(imports) == []


def test_the_package_has_few_entries_at_its_top():
    ignored = ("__pycache__", "py.typed")
    entries = sorted(p.name for p in ROOT.iterdir() if p.name not in ignored)
    assert len(entries) <= MOST_ENTRIES, entries


PICTURE = """
# Contributing

     9  elsewhere/

## How the code is arranged

Text, with a number 12  and a folder/.

    12  __init__.py    names alone
    10  high/          one of two, with inner/
    10  other/
     2  low/ lower/    what they do
     1  words.py       types, which were in former.py

## Style

     3  later/
"""


def test_the_picture_is_read():
    assert read_floors(PICTURE) == {
        "__init__": 12,
        "high": 10,
        "other": 10,
        "low": 2,
        "lower": 2,
        "words": 1,
    }


@pytest.mark.parametrize(
    "line, message",
    [
        ("     3  a room", "'a' is not a room"),
        ("     3  low/", "low is on two floors"),
    ],
)
def test_a_picture_that_cannot_be_read_is_refused(line, message):
    with pytest.raises(AssertionError, match=message):
        read_floors(PICTURE.replace("\n## Style", f"{line}\n\n## Style"))


IMPORTS = {
    "keras_tgdd": {"keras_tgdd.low.a", "keras_tgdd.low"},
    "keras_tgdd.high.b": {"keras_tgdd.high.c", "keras_tgdd.low.a"},
    "keras_tgdd.high.c": {"keras_tgdd.words"},
    "keras_tgdd.other.d": {"keras_tgdd.low.a"},
    "keras_tgdd.low": {"keras_tgdd.low.a"},
    "keras_tgdd.low.a": {"keras_tgdd.words"},
    "keras_tgdd.words": set(),
}
FLOORS = {"__init__": 12, "high": 10, "other": 10, "low": 2, "words": 1}


def with_arrow(module, target):
    return {**IMPORTS, module: IMPORTS[module] | {target}}


def test_sound_floors_pass():
    assert rooms_without_a_floor(IMPORTS, FLOORS) == []
    assert floors_without_a_room(IMPORTS, FLOORS) == []
    assert arrows_up(IMPORTS, FLOORS) == []
    assert circles(IMPORTS) == []
    assert imports_of_packages(IMPORTS, {"keras_tgdd", "keras_tgdd.low"}) == []


@pytest.mark.parametrize(
    "module, target",
    [
        ("keras_tgdd.low.a", "keras_tgdd.high.c"),
        ("keras_tgdd.words", "keras_tgdd"),  # the face
        ("keras_tgdd.other.d", "keras_tgdd.high.c"),  # on the same floor
        ("keras_tgdd.low.a", "keras_tgdd.unknown.e"),
    ],
)
def test_an_arrow_up_is_found(module, target):
    floors = {**FLOORS, "unknown": 11}
    found = arrows_up(with_arrow(module, target), floors)
    assert found == [f"{module} -> {target}"]


def test_a_room_is_missed_in_the_picture_and_in_the_package():
    more = {**IMPORTS, "keras_tgdd.new.f": set()}
    assert rooms_without_a_floor(more, FLOORS) == ["new"]
    assert floors_without_a_room(IMPORTS, {**FLOORS, "gone": 3}) == ["gone"]


@pytest.mark.parametrize(
    "module, target, circle",
    [
        ("keras_tgdd.high.c", "keras_tgdd.high.b", ["high.b", "high.c"]),
        (
            "keras_tgdd.words",
            "keras_tgdd.high.b",
            ["high.b", "high.c", "low.a", "words"],
        ),
    ],
)
def test_a_circle_is_found(module, target, circle):
    found = circles(with_arrow(module, target))
    assert found == [[f"keras_tgdd.{name}" for name in circle]]


def test_an_import_of_a_folder_is_found():
    imports = with_arrow("keras_tgdd.high.b", "keras_tgdd.low")
    found = imports_of_packages(imports, {"keras_tgdd", "keras_tgdd.low"})
    assert found == ["keras_tgdd.high.b -> keras_tgdd.low"]


@pytest.mark.parametrize(
    "code, imported",
    [
        ("import keras_tgdd.low.a", "low.a"),
        ("import keras_tgdd.low.a as a, os", "low.a"),
        ("from keras_tgdd.low import a", "low.a"),
        ("from keras_tgdd.low.a import Name", "low.a"),
        ("from keras_tgdd.low import Name", "low"),
        ("from . import c", "high.c"),
        ("from .c import Name", "high.c"),
        ("from ..low.a import Name", "low.a"),
        ("def f():\n    from keras_tgdd.low.a import Name", "low.a"),
        ("if TYPE_CHECKING:\n    import keras_tgdd.low.a", "low.a"),
        ("importlib.import_module('keras_tgdd.low.a')", "low.a"),
        ("require('keras_tgdd.low.a', 'extra', 'Work')", "low.a"),
        ("import keras.ops, keras_tgddx", None),
        ("require('torch', 'torch', 'Work')", None),
    ],
)
def test_imports_are_read_wherever_they_stand(code, imported):
    expected = set() if imported is None else {f"keras_tgdd.{imported}"}
    found = imported_modules(code, "keras_tgdd.high.b", IMPORTS.keys())
    assert found == expected


def test_relative_imports_of_a_folder_start_in_it():
    for code in ("from . import b", "from .b import Name"):
        found = imported_modules(
            code, "keras_tgdd.high", IMPORTS.keys(), is_package=True
        )
        assert found == {"keras_tgdd.high.b"}


def test_modules_are_named_by_their_path():
    root = pathlib.Path("/any/keras_tgdd")
    assert module_name(root / "__init__.py", root) == "keras_tgdd"
    assert module_name(root / "low/__init__.py", root) == "keras_tgdd.low"
    assert module_name(root / "low/a.py", root) == "keras_tgdd.low.a"
