import dataclasses

import pytest

from keras_tgdd import methods
from keras_tgdd.methods import TGDD
from keras_tgdd.methods import Method
from keras_tgdd.methods import get_method
from keras_tgdd.methods import method_names

# No backend takes part.
pytestmark = pytest.mark.once

# The names that results and sets have stored since the first release.
STORED = [
    "cafe",
    "covariance_tgdd",
    "csdm",
    "dance",
    "dm",
    "dsdm",
    "idm",
    "m3d",
    "ncfm",
    "tgdd",
    "wmdd",
]


def test_names_are_those_that_results_store():
    assert method_names() == STORED


def test_every_exported_method_has_a_name():
    exported = {
        value
        for value in vars(methods).values()
        if isinstance(value, type)
        and issubclass(value, Method)
        and value not in (Method, methods.MatchingMethod)
    }
    assert exported == {type(get_method(name)) for name in method_names()}
    assert all(cls.__name__ in methods.__all__ for cls in exported)


@pytest.mark.parametrize("name", STORED)
def test_a_name_gives_the_settings_of_its_paper(name):
    method = get_method(name)
    assert type(method).__name__.lower() == name.replace("_", "")
    assert method == type(method)()
    for field in dataclasses.fields(method):
        assert getattr(method, field.name) == field.default


def test_a_method_is_returned_as_it_is():
    method = TGDD(factor=1)
    assert get_method(method) is method


@pytest.mark.parametrize("name", ["best", "TGDD", ""])
def test_an_unknown_name_is_refused(name):
    message = rf"must be one of \['cafe', .*TGDD\(\).*method='{name}'"
    with pytest.raises(ValueError, match=message):
        get_method(name)


@pytest.mark.parametrize(
    "method, received",
    [
        (TGDD, "the class TGDD"),
        (Method, "the class Method"),
        (None, "method of type NoneType"),
        (3, "method of type int"),
    ],
)
def test_anything_else_is_refused(method, received):
    with pytest.raises(TypeError, match=f"must be a name or.*: {received}$"):
        get_method(method)
