"""A golden file of public signatures: the API changes only on purpose.

After a deliberate change, run this file with `UPDATE_API=1`.
"""

import inspect
import os
import pathlib
import pkgutil

import pytest

import keras_tgdd
from keras_tgdd.synthetic.formats.foreign_formats import ForeignFormats

# No backend takes part.
pytestmark = pytest.mark.once


GOLDEN = pathlib.Path(__file__).with_name("public_api.txt")
ROOMS = [
    "callbacks",
    "datasets",
    "evaluation",
    "layers",
    "models",
    "objectives",
    "reporting",
    "summaries",
    "training",
    "trajectories",
]


def own_members(cls):
    """Public methods and properties that the class itself defines.

    Those of a base that only groups methods are its own.
    """
    members = dict(vars(cls))
    if ForeignFormats in cls.__bases__:
        members = {**vars(ForeignFormats), **members}
    for name, member in sorted(members.items()):
        if name.startswith("_"):
            continue
        member = getattr(member, "__func__", member)
        if inspect.isfunction(member):
            yield f"  .{name}{inspect.signature(member)}"
        elif isinstance(member, property):
            yield f"  .{name}"


def describe(module):
    for name in sorted(module.__all__):
        thing = getattr(module, name)
        if inspect.ismodule(thing) or name == "__version__":
            continue
        signature = str(inspect.signature(thing))
        yield f"{module.__name__}.{name}{signature}"
        if inspect.isclass(thing):
            yield from own_members(thing)


def test_public_signatures_are_the_golden_ones():
    modules = [keras_tgdd] + [getattr(keras_tgdd, room) for room in ROOMS]
    modules.append(keras_tgdd.evaluation.scores)
    lines = [line for module in modules for line in describe(module)]
    current = "\n".join(lines) + "\n"
    if os.environ.get("UPDATE_API"):
        GOLDEN.write_text(current)
    assert current == GOLDEN.read_text()


def test_every_public_name_is_documented():
    for module in [keras_tgdd] + [getattr(keras_tgdd, r) for r in ROOMS]:
        assert module.__doc__, module
        for name in module.__all__:
            thing = getattr(module, name)
            if name != "__version__":
                assert inspect.getdoc(thing), name


def test_every_module_can_be_imported_on_its_own():
    for module in pkgutil.walk_packages(keras_tgdd.__path__, "keras_tgdd."):
        __import__(module.name)
