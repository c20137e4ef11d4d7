"""Methods are frozen values."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from keras_tgdd.datasets import TrainingData
from keras_tgdd.methods import CAFE
from keras_tgdd.methods import DM
from keras_tgdd.methods import IDM
from keras_tgdd.methods import M3D
from keras_tgdd.methods import TGDD
from keras_tgdd.methods import Method
from keras_tgdd.methods import get_method
from keras_tgdd.methods import method_names

# No backend takes part.
pytestmark = pytest.mark.once

NAMES = method_names()
READ_NO_EXPERTS = ("cafe", "dm", "idm", "m3d")
# Other values than the default of any method.
CHANGED = {
    "factor": 3,
    "start": "herding",
    "samples_per_class": 9,
    "max_decoded": 11,
    "region": 4,
    "constraint_weight": 0.75,
    "augmentation": ("flip", ("crop", "rotate")),
    "learning_rate": 0.375,
    "momentum": 0.25,
    "steps_per_training": 8,
}


def changed(name):
    method = get_method(name)
    names = {field.name for field in dataclasses.fields(method)}
    return method.replace(**{k: v for k, v in CHANGED.items() if k in names})


@pytest.mark.parametrize("name", NAMES)
def test_a_method_is_frozen(name):
    method = get_method(name)
    with pytest.raises(dataclasses.FrozenInstanceError):
        method.factor = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        del method.factor


@pytest.mark.parametrize("name", NAMES)
def test_methods_are_equal_by_value(name):
    method, same, other = get_method(name), get_method(name), changed(name)
    assert method == same and hash(method) == hash(same)
    assert method is not same and len({method, same, other}) == 2
    for field in dataclasses.fields(method):
        assert getattr(other, field.name) == CHANGED[field.name]
        one = method.replace(**{field.name: CHANGED[field.name]})
        assert one != method, field.name
        assert one.replace(**{field.name: field.default}) == method
    another = get_method(NAMES[NAMES.index(name) - 1])
    assert method != another


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("make", [get_method, changed])
def test_a_method_survives_keras_and_json(name, make):
    method = make(name)
    text = json.dumps(keras.saving.serialize_keras_object(method))
    again = keras.saving.deserialize_keras_object(json.loads(text))
    assert type(again) is type(method) and again == method
    assert hash(again) == hash(method)
    # Lists would not be equal, and not hashable.
    assert again.augmentation == method.augmentation
    config = method.get_config()
    assert json.loads(json.dumps(config)) == config
    assert type(method).from_config(config) == method


def test_lists_of_operations_are_hashed_like_tuples():
    method = TGDD(augmentation=["flip", ["crop", "rotate"]])
    same = TGDD(augmentation=("flip", ("crop", "rotate")))
    assert method == same and hash(method) == hash(same)
    assert method.augmentation == ("flip", ("crop", "rotate"))


@pytest.mark.parametrize("name", NAMES)
def test_unknown_settings_are_refused(name):
    cls = type(get_method(name))
    for call in (lambda: cls(best=1), lambda: cls().replace(best=1)):
        with pytest.raises(TypeError, match="unexpected keyword argument"):
            call()
    with pytest.raises(TypeError, match="positional argument"):
        cls(2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "field, values, message",
    [
        ("factor", (0, -1, 1.5, True, "2"), "`factor` must be a positive"),
        ("samples_per_class", (0, None), "`samples_per_class` must be a"),
        ("max_decoded", (0, 2.0), "`max_decoded` must be a positive"),
        ("region", (0, -7), "`region` must be a positive"),
        ("start", ("best", None, ""), "`start` must be one of .*'noise'"),
        (
            "constraint_weight",
            (-1.0, np.nan, np.inf, "1"),
            "`constraint_weight` must be a finite number of at least 0",
        ),
        ("learning_rate", (0.0, -1.0, np.inf, np.nan, "1"), "`learning_rate`"),
        ("momentum", (1.0, 1.5), r"`momentum` must lie in \[0, 1\)"),
        ("momentum", (-0.1, np.nan, "1"), "`momentum` must be a finite"),
        ("augmentation", (("blur",), ("flip", "flip")), "blur|flip"),
    ],
)
def test_values_out_of_range_are_refused(name, field, values, message):
    method = get_method(name)
    for value in values:
        with pytest.raises(ValueError, match=message):
            method.replace(**{field: value})


def test_idm_has_a_number_of_its_own():
    with pytest.raises(ValueError, match="`steps_per_training` must be a"):
        IDM(steps_per_training=0)
    with pytest.raises(ValueError, match="`factor` must be a positive"):
        IDM(factor=0)


@pytest.mark.parametrize("name", NAMES)
def test_which_methods_need_experts(name):
    method = get_method(name)
    assert method.needs_experts == (name not in READ_NO_EXPERTS)
    # Real images are chosen in the features of an expert.
    for start in ("k_means", "herding", "k_center"):
        assert method.replace(start=start).needs_experts
    for start in ("random", "noise"):
        expected = name not in READ_NO_EXPERTS
        assert method.replace(start=start).needs_experts == expected


@pytest.mark.parametrize("name", NAMES)
def test_real_images_are_those_of_a_step(name):
    method = get_method(name)
    assert method.real_per_class == method.samples_per_class
    assert method.replace(samples_per_class=9).real_per_class == 9


def test_a_users_method_says_what_it_needs():
    class Mine(Method):
        def build(self, data, experts, images_per_class=10, *, steps, seed=0):
            return None

    assert Mine().needs_experts and Mine().real_per_class == 128
    assert Mine().start_counts(None, (1, 2)).tolist() == [1, 2]
    with pytest.raises(TypeError, match="abstract.*build"):
        Method()


def test_the_base_counts_the_images_a_start_needs(small_data):
    data = TrainingData(*small_data)
    counts = TGDD(factor=2).start_counts(data, (1, 2, 3))
    assert counts.tolist() == [4, 8, 12]
    assert DM().start_counts(data, (1, 2, 3)).tolist() == [1, 2, 3]
    for method in (CAFE(factor=9), M3D(factor=9)):
        with pytest.raises(ValueError, match="larger than a side"):
            method.start_counts(data, (1, 1, 1))
