"""The examples of docstrings run as they stand.

`support.prepared` says which two constants of the package are changed.
"""

import ast
import inspect
import pathlib
import pkgutil
import re
import shutil

import numpy as np
import pytest
from support.prepared import Prepared
from support.prepared import jax_optimizations
from support.prepared import shorten_defaults

import keras_tgdd

pytestmark = pytest.mark.once
ROOT = pathlib.Path(keras_tgdd.__file__).parent
FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# A comment at the end of a line that states a shape.
SHAPE = re.compile(r"#\s*(\([\d, ]+\))$")

# Examples that cannot run, and why; all others run.
NOT_RUN = {}
# Image shape and number of classes that an example states. Others get grey
# images of 8 x 8 pixels and three classes.
STATED = {
    "keras_tgdd.datasets.training_data.TrainingData": ((8, 8, 1), 2),
    "keras_tgdd.datasets.training_data.from_arrays": ((8, 8, 1), 2),
    "keras_tgdd.synthetic.synthetic_images.SyntheticImages": ((28, 28, 1), 10),
    "keras_tgdd.layers.siamese_augmentation.SiameseAugmentation": (
        (32, 32, 3),
        10,
    ),
    "keras_tgdd.models.frozen_network.FrozenNetwork": ((32, 32, 3), 10),
    "keras_tgdd.datasets.image_stream.ImageStream": ((8, 8, 1), 10),
    "keras_tgdd.synthetic.formats.dd_ranking.write_dd_ranking": (
        (32, 32, 3),
        10,
    ),
}


def documented():
    """Yields names and objects that have public docstrings."""
    for found in pkgutil.walk_packages(keras_tgdd.__path__, "keras_tgdd."):
        module = __import__(found.name, fromlist=["_"])
        yield found.name, module
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", None) == found.name
            if name.startswith("_") or not own:
                continue
            yield f"{found.name}.{name}", thing
            if inspect.isclass(thing):
                for member, value in vars(thing).items():
                    # An instance, as a default, shares its class's docstring.
                    shared = value.__doc__ is type(value).__doc__
                    if not member.startswith("_") and not shared:
                        yield f"{found.name}.{name}.{member}", value


def find_examples():
    """Returns examples by name, numbered if a docstring has several."""
    examples = {}
    for name, thing in documented():
        if not isinstance(getattr(thing, "__doc__", None), str):
            continue
        blocks = FENCE.findall(inspect.cleandoc(thing.__doc__))
        for number, code in enumerate(blocks):
            key = f"{name}-{number + 1}" if len(blocks) > 1 else name
            examples[key] = (thing, code)
    return examples


EXAMPLES = find_examples()


def check_stated_shapes(code, namespace):
    """Checks shapes that comments at the end of lines state."""
    lines = code.splitlines()
    for statement in ast.parse(code).body:
        stated = SHAPE.search(lines[statement.end_lineno - 1])
        if not stated:
            continue
        made = (
            statement.targets[0]
            if isinstance(statement, ast.Assign)
            else statement.value
        )
        value = eval(ast.unparse(made), namespace)
        shape = getattr(value, "shape", value)
        assert tuple(shape) == ast.literal_eval(stated[1])


@pytest.fixture(scope="module")
def experts_directory(tmp_path_factory):
    """A directory for experts that several examples use."""
    return tmp_path_factory.mktemp("kept")


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - NOT_RUN.keys()))
def test_example_runs(name, tmp_path, monkeypatch, experts_directory):
    thing, code = EXAMPLES[name]
    monkeypatch.chdir(tmp_path)
    shorten_defaults(monkeypatch)
    shape, num_classes = STATED.get(name, ((8, 8, 1), 3))
    kept = experts_directory / "_".join(map(str, (*shape, num_classes)))
    prepared = Prepared(tmp_path, shape, num_classes, kept)
    prepared.write_files()
    if "imagenet" in code:
        prepared.write_imagenet()
    if name.endswith(".FrozenNetwork"):  # a batch, without an axis of classes
        prepared.images = prepared.images[:, 0]
    namespace = prepared.namespace(code)
    # A reader of a docstring has imported what it documents.
    namespace[getattr(thing, "__name__", name)] = thing
    # Most examples compile more than they run; `distill` makes 500 steps.
    with jax_optimizations("distill(" in code):
        exec(compile(code, f"<example of {name}>", "exec"), namespace)
        check_stated_shapes(code, namespace)
    shutil.rmtree(tmp_path)  # 400 MB, where experts are of the default length


def test_every_example_was_found():
    written = sum(
        path.read_text().count("```python") for path in ROOT.rglob("*.py")
    )
    assert len(EXAMPLES) == written > 0


def test_what_is_named_here_exists():
    assert NOT_RUN.keys() <= EXAMPLES.keys()
    assert all(NOT_RUN.values())
    assert STATED.keys() <= EXAMPLES.keys()


def test_a_wrong_shape_is_noticed():
    code = "a = np.zeros((2, 3))  # (2, 3)\nb = a.T  # (2, 3)\n"
    namespace = {"np": np}
    exec(code, namespace)
    with pytest.raises(AssertionError):
        check_stated_shapes(code, namespace)
