import sys
import types

import pytest

from keras_tgdd.runtime import memory

# No backend takes part.
pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    "num_classes, bytes_per_class, networks, expected",
    [
        (10, 10, 1, 10),  # 100 of 100
        (10, 5, 2, 10),
        (12, 10, 1, 2),  # two classes use less than a quarter
        (9, 6, 2, 3),  # 3 chunks of at most 4, of equal size
        (3, 10**6, 1, 1),
    ],
)
def test_classes_that_fit(
    monkeypatch, num_classes, bytes_per_class, networks, expected
):
    monkeypatch.setattr(memory, "MOST_BYTES", 100)
    classes = memory.fitting_classes(num_classes, bytes_per_class, networks)
    assert classes == expected


@pytest.mark.parametrize(
    "platform, expected", [("linux", 7 * 1024), ("darwin", 7)]
)
def test_the_peak_is_in_bytes_on_each_system(monkeypatch, platform, expected):
    def getrusage(who):
        assert who == "this process"
        return types.SimpleNamespace(ru_maxrss=7)

    system = types.SimpleNamespace(
        RUSAGE_SELF="this process", getrusage=getrusage
    )
    monkeypatch.setitem(sys.modules, "resource", system)
    monkeypatch.setattr(sys, "platform", platform)
    assert memory.peak_bytes() == expected


def test_systems_that_do_not_tell_have_no_peak(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    assert memory.peak_bytes() is None


def test_this_process_has_a_plausible_peak():
    # NumPy and Keras are loaded: more than 10 MB, less than a terabyte.
    assert 10**7 < memory.peak_bytes() < 10**12
