import pytest

from keras_tgdd.runtime.quantities import format_bytes
from keras_tgdd.runtime.quantities import format_seconds

# No backend takes part.
pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    "count, spoken",
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 KB"),
        (999_600, "1 MB"),
        (3_240_000, "3.24 MB"),
        (1_900_000_000, "1.9 GB"),
    ],
)
def test_bytes(count, spoken):
    assert format_bytes(count) == spoken


@pytest.mark.parametrize(
    "seconds, spoken",
    [
        (0.0042, "4.2 ms"),
        (0.48, "480 ms"),
        (1.0, "1 s"),
        (9.96, "10 s"),
        (89.0, "89 s"),
        (240.0, "4 min"),
        (5400.0, "1.5 h"),
        (40 * 3600.0, "40 h"),
        (60 * 3600.0, "2.5 days"),
    ],
)
def test_seconds(seconds, spoken):
    assert format_seconds(seconds) == spoken
