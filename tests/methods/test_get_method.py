import pytest

from keras_tgdd import methods


def test_a_name_stands_for_the_papers_settings():
    assert methods.get_method("tgdd") == methods.TGDD()
    assert methods.get_method("covariance_tgdd") == methods.CovarianceTGDD()


def test_a_value_is_returned_as_it_is():
    method = methods.DM(factor=2)
    assert methods.get_method(method) is method


def test_every_exported_method_has_a_name():
    values = {type(methods.get_method(n)) for n in methods.method_names()}
    exported = {getattr(methods, name) for name in methods.__all__}
    classes = {
        thing
        for thing in exported
        if isinstance(thing, type) and issubclass(thing, methods.Method)
    }
    assert classes - {methods.Method, methods.MatchingMethod} == values


def test_other_names_and_kinds_are_refused():
    with pytest.raises(ValueError, match="`method` must be one of .*dance"):
        methods.get_method("best")
    with pytest.raises(TypeError, match="must be a name or a method.*type"):
        methods.get_method(methods.TGDD)
