import importlib.util
import pathlib
import re

import pytest

from keras_tgdd.datasets.folders.imagenet_subsets import SUBSETS

# No backend takes part.
pytestmark = pytest.mark.once


# Positions among the sorted ids, as the field's code has them.
POSITIONS = {
    "nette": [0, 217, 482, 491, 497, 566, 569, 571, 574, 701],
    "woof": [193, 182, 258, 162, 155, 167, 159, 273, 207, 229],
    "fruit": [953, 954, 949, 950, 951, 957, 952, 945, 943, 948],
    "meow": [281, 282, 283, 284, 285, 291, 292, 290, 289, 287],
    "squawk": [84, 130, 88, 144, 145, 22, 96, 9, 100, 89],
    "yellow": [309, 986, 954, 951, 987, 779, 599, 291, 72, 11],
}


def test_the_subsets_are_those_of_the_field():
    assert list(SUBSETS) == list(POSITIONS)


@pytest.mark.parametrize("name", SUBSETS)
def test_a_subset_has_ten_classes_of_distinct_names(name):
    classes = SUBSETS[name]
    assert len(classes) == len(set(classes.values())) == 10
    assert all(re.fullmatch(r"n\d{8}", wnid) for wnid in classes)


@pytest.mark.parametrize("name", POSITIONS)
def test_ids_are_in_the_order_of_their_positions(name):
    pairs = sorted(zip(SUBSETS[name], POSITIONS[name], strict=True))
    positions = [position for _, position in pairs]
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", POSITIONS)
def test_ids_are_those_of_tensorflow_datasets(name):
    package = importlib.util.find_spec("tensorflow_datasets")
    if package is None:
        pytest.skip("tensorflow-datasets is not installed")
    root = pathlib.Path(package.origin).parent
    path = root / "datasets" / "imagenet2012" / "labels.txt"
    if not path.is_file():
        pytest.skip("this tensorflow-datasets keeps its labels elsewhere")
    ids = path.read_text().split()
    assert ids == sorted(ids) and len(ids) == 1000
    assert [ids[i] for i in POSITIONS[name]] == list(SUBSETS[name])


def test_a_class_of_two_subsets_has_one_name():
    names = {}
    for classes in SUBSETS.values():
        for wnid, name in classes.items():
            assert names.setdefault(wnid, name) == name
