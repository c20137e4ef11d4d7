"""A golden file of public signatures: the API changes only on purpose.

Signatures are printed as the source writes them. After a deliberate change,
run this file with `UPDATE_API=1`.
"""

import abc
import ast
import functools
import importlib
import inspect
import os
import pathlib
import pkgutil

import pytest
from support.signatures import classes_of
from support.signatures import dataclass_fields
from support.signatures import is_dataclass

import keras_tgdd

# No backend takes part.
pytestmark = pytest.mark.once


GOLDEN = pathlib.Path(__file__).with_name("public_api.txt")
ROOMS = [
    "datasets",
    "distillation",
    "evaluation",
    "evaluation.scores",
    "layers",
    "methods",
    "models",
    "objectives",
    "synthetic",
    "synthetic.formats",
    "training",
    "trajectories",
]


def public_modules():
    names = ["keras_tgdd", *(f"keras_tgdd.{room}" for room in ROOMS)]
    return [importlib.import_module(name) for name in names]


@functools.cache
def definitions(module_name):
    """Returns functions and classes of a module's source by name."""
    module = importlib.import_module(module_name)
    tree = ast.parse(inspect.getsource(module))
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name: node for node in tree.body if isinstance(node, kinds)}


@functools.cache
def all_classes():
    """Returns the classes of the whole package by name."""
    classes = {}
    for found in pkgutil.walk_packages(keras_tgdd.__path__, "keras_tgdd."):
        module = importlib.import_module(found.name)
        classes.update(classes_of(ast.parse(inspect.getsource(module))))
    return classes


def written(function, bound=False):
    """Returns the signature of a function as its source writes it."""
    arguments = ast.parse(ast.unparse(function)).body[0].args
    if bound:
        first = arguments.posonlyargs or arguments.args
        assert first.pop(0).arg in ("self", "cls")
    result = f"({ast.unparse(arguments)})"
    if function.returns is not None and function.name != "__init__":
        result += f" -> {ast.unparse(function.returns)}"
    return result


def is_bound(method):
    decorators = [ast.unparse(node) for node in method.decorator_list]
    return "staticmethod" not in decorators


def written_field(field):
    """Returns a field as an argument of the constructor."""
    text = f"{ast.unparse(field.target)}: {ast.unparse(field.annotation)}"
    return text if field.value is None else f"{text}={ast.unparse(field.value)}"


def fields_of(node):
    """Returns the constructor of a dataclass as its fields are written."""
    positional, keywords = [], []
    fields = dataclass_fields(node, all_classes())
    for field, kw_only in fields.values():
        (keywords if kw_only else positional).append(written_field(field))
    star = ["*"] if keywords else []
    return f"({', '.join(positional + star + keywords)})"


def constructor(cls):
    """Returns the signature of a class, with the base that it comes from."""
    for base in cls.__mro__:
        if not base.__module__.startswith("keras_tgdd"):
            if base in (object, abc.ABC):
                return "()"
            return f"(as {base.__name__})"
        node = definitions(base.__module__)[base.__name__]
        for member in node.body:
            if isinstance(member, ast.FunctionDef):
                if member.name == "__init__":
                    return written(member, bound=True)
        if is_dataclass(node):
            return fields_of(node)
        if any(ast.unparse(b).endswith("NamedTuple") for b in node.bases):
            fields = [m for m in node.body if isinstance(m, ast.AnnAssign)]
            return f"({', '.join(map(written_field, fields))})"
    raise AssertionError(cls)


def own_members(node):
    """Yields the public methods and properties that a class defines."""
    members = [m for m in node.body if isinstance(m, ast.FunctionDef)]
    for member in sorted(members, key=lambda member: member.name):
        if member.name.startswith("_"):
            continue
        decorators = [ast.unparse(d) for d in member.decorator_list]
        if any(d.endswith("property") for d in decorators):
            returns = member.returns
            suffix = "" if returns is None else f": {ast.unparse(returns)}"
            yield f"  .{member.name}{suffix}"
        elif not any(d.endswith(".setter") for d in decorators):
            yield f"  .{member.name}{written(member, is_bound(member))}"


def describe(module):
    for name in sorted(module.__all__):
        thing = getattr(module, name)
        if inspect.ismodule(thing) or name == "__version__":
            continue
        full = f"{module.__name__}.{name}"
        if not callable(thing):
            yield full
            continue
        node = definitions(thing.__module__)[thing.__name__]
        if isinstance(node, ast.ClassDef):
            yield f"{full}{constructor(thing)}"
            yield from own_members(node)
        else:
            yield f"{full}{written(node)}"


def test_public_signatures_are_the_golden_ones():
    lines = [line for module in public_modules() for line in describe(module)]
    current = "\n".join(lines) + "\n"
    if os.environ.get("UPDATE_API"):
        GOLDEN.write_text(current)
    assert current == GOLDEN.read_text()


def test_the_face_exports_its_rooms():
    rooms = {room for room in ROOMS if "." not in room}
    exported = {
        name
        for name in keras_tgdd.__all__
        if inspect.ismodule(getattr(keras_tgdd, name))
    }
    assert exported == rooms


def test_every_public_name_is_documented():
    for module in public_modules():
        assert module.__doc__, module
        for name in module.__all__:
            if name != "__version__":
                assert inspect.getdoc(getattr(module, name)), name


def test_every_module_can_be_imported_on_its_own():
    for module in pkgutil.walk_packages(keras_tgdd.__path__, "keras_tgdd."):
        __import__(module.name)
