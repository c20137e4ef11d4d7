"""Bad inputs are refused early, in words that help, and leave no file."""

import dataclasses

import pytest
from support.bad_inputs import CASES
from support.good_inputs import make_good

from keras_tgdd.trajectories.expert_training import ExpertTraining

# No backend takes part.
pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return make_good(tmp_path_factory.mktemp("bad_inputs"))


@pytest.fixture
def good(sound, tmp_path):
    return dataclasses.replace(sound, place=tmp_path)


def listing(*folders):
    return {
        path: path.read_bytes() if path.is_file() else None
        for folder in folders
        for path in folder.rglob("*")
    }


def test_there_are_many_of_them():
    assert len({name for name, *_ in CASES}) == len(CASES) >= 50


@pytest.mark.parametrize(
    "call, error, message",
    [pytest.param(*rest, id=name) for name, *rest in CASES],
)
def test_it_is_refused_and_nothing_is_written(
    good, call, error, message, monkeypatch
):
    monkeypatch.chdir(good.place)
    before = listing(good.files)
    made = []

    def fail(*args, **kwargs):
        made.append(args)

    # Nothing long may have begun.
    monkeypatch.setattr(ExpertTraining, "run", fail)
    with pytest.raises(error, match=message) as raised:
        call(good)
    assert raised.type in (error if isinstance(error, tuple) else (error,))
    assert not made
    assert listing(good.files) == before
    leavings = {
        path.name
        for path in listing(good.place)
        if path.name.endswith((".tmp", ".partial")) or path.name == "executed"
    }
    assert not leavings
