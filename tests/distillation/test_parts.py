import dataclasses

import numpy as np
import pytest
from support.distillations import make

from keras_tgdd import DistillationTrainer
from keras_tgdd.distillation import DistillationParts
from keras_tgdd.layers import SiameseAugmentation
from keras_tgdd.layers import SyntheticImages
from keras_tgdd.objectives import ClassificationConstraint
from keras_tgdd.objectives import ClassMeanMatching
from keras_tgdd.runtime import memory


def parts(experts, images_per_class=1, factor=2, **changes):
    synthetic = SyntheticImages(3, images_per_class, (8, 8, 2), factor)
    return DistillationParts(synthetic=synthetic, trajectory=experts, **changes)


@pytest.mark.parametrize("per_class, weight", [(1, 2.5), (10, 2.5), (50, 0.5)])
def test_the_defaults_are_those_of_the_paper(experts, per_class, weight):
    found = parts(experts, per_class)
    assert found.constraint_weight == weight
    assert found.region == 7
    assert found.samples_per_class == 128 and found.max_decoded == 200
    assert type(found.objective) is ClassMeanMatching
    assert type(found.constraint) is ClassificationConstraint
    assert found.augmentation.strategies == ("color", "crop", "cutout")
    assert found.augmentation.get_config()["cutout"] == 0.5


def test_the_largest_class_decides_the_weight(experts):
    assert parts(experts, (1, 50, 2)).constraint_weight == 0.5
    assert parts(experts, (1, 49, 2)).constraint_weight == 2.5


def test_the_trainer_hands_all_its_arguments_on(experts):
    given = {
        "objective": ClassMeanMatching(),
        "constraint": ClassificationConstraint(),
        "constraint_weight": 3.0,
        "augmentation": SiameseAugmentation(("flip",)),
        "region": 2,
        "samples_per_class": 9,
        "max_decoded": 11,
        "class_names": ("a", "b", "c"),
        "method": "mine",
        "summary_plan": object(),
        "classes_per_chunk": 2,
        "seed": 6,
    }
    synthetic = SyntheticImages(3, 1, (8, 8, 2))
    found = DistillationTrainer(synthetic, experts, **given).parts
    assert found.synthetic is synthetic and found.trajectory is experts
    fields = {field.name for field in dataclasses.fields(DistillationParts)}
    assert fields == {*given, "synthetic", "trajectory"}
    for name, value in given.items():
        assert getattr(found, name) == value, name


def test_a_part_cannot_be_replaced(experts):
    with pytest.raises(dataclasses.FrozenInstanceError):
        parts(experts).objective = ClassMeanMatching()


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_class_names_come_in_any_sequence(experts, kind):
    names = kind(["one", "two", "three"])
    found = make(experts, _data(), class_names=names)
    assert found.parts.class_names == ("one", "two", "three")
    assert all(type(name) is str for name in found.parts.class_names)
    distilled = found.distilled_dataset()
    assert distilled.class_names == ("one", "two", "three")


def _data():
    return np.zeros((3, 8, 8, 2), "uint8"), np.arange(3)


def test_class_names_are_those_of_the_trajectory(experts):
    assert parts(experts).class_names == ("dark", "medium", "bright")


@pytest.mark.parametrize(
    "names, error, message",
    [
        (("a", "b"), ValueError, "one name per class, 3. Received: 2"),
        ("abc", TypeError, "must be a sequence of strings"),
    ],
)
def test_class_names_that_do_not_fit_are_refused(
    experts, names, error, message
):
    with pytest.raises(error, match=message):
        parts(experts, class_names=names)
    with pytest.raises(error, match=message):
        make(experts, _data(), class_names=names)


def test_parts_that_do_not_fit_are_refused(experts):
    for synthetic, message in [
        (SyntheticImages(3, 1, (16, 16, 2)), r"\(16, 16, 2\).*\(8, 8, 2\)"),
        (SyntheticImages(4, 1, (8, 8, 2)), "number of classes.*4 and 3"),
    ]:
        with pytest.raises(ValueError, match=message):
            DistillationTrainer(synthetic, experts)


@pytest.mark.parametrize(
    "name", ["region", "samples_per_class", "max_decoded", "classes_per_chunk"]
)
@pytest.mark.parametrize("value", [0, -1, 1.5, True])
def test_numbers_out_of_range_are_refused(experts, name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive"):
        parts(experts, **{name: value})


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf, "2"])
def test_a_weight_is_a_number_of_at_least_0(experts, value):
    with pytest.raises(ValueError, match="`constraint_weight` must be a"):
        parts(experts, constraint_weight=value)


@pytest.mark.parametrize("value", [True, False, 2.5])
def test_a_constraint_is_a_function_or_none(experts, value):
    with pytest.raises(TypeError, match="`constraint` must be a function"):
        parts(experts, constraint=value)


def test_what_networks_read_in_a_step(experts):
    found = parts(experts, 3, factor=2)
    assert found.num_classes == 3
    assert found.decoded_in_step == 12
    assert found.networks_in_step == 2
    # Three classes: two networks of 12 synthetic images, one of 5 real ones.
    assert found.pixels_in_step(5) == 3 * (2 * 12 + 5) * 64
    assert parts(experts, 3, max_decoded=7).decoded_in_step == 7
    assert parts(experts, (1, 5, 2)).decoded_in_step == 20


@pytest.mark.parametrize(
    "changes", [{"region": 1}, {"constraint": None}, {"constraint_weight": 0.0}]
)
def test_one_network_is_enough_where_features_or_weights_are_shared(
    experts, changes
):
    found = parts(experts, 3, **changes)
    assert found.networks_in_step == 1
    assert found.constrained == (changes == {"region": 1})
    assert found.pixels_in_step(5) == 3 * (12 + 5) * 64


def test_a_step_that_would_not_fit_is_cut(experts, monkeypatch):
    # Two networks of four decoded images each; half of the activations of
    # sixteen real ones.
    of_class = experts.network.activation_bytes * 8
    for most, classes in [(3, 3), (2, 1)]:
        monkeypatch.setattr(memory, "MOST_BYTES", most * of_class)
        found = parts(experts, samples_per_class=16)
        assert found.synthetic_chunk == classes, most
        assert found.real_chunk == classes, most
    cut = parts(experts, classes_per_chunk=2)
    assert cut.real_chunk == cut.synthetic_chunk == 2
