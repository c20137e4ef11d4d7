import pytest

from keras_tgdd.runtime import memory


@pytest.mark.parametrize(
    "num_classes, of_class, networks, expected",
    [
        (10, 10, 1, 10),  # 100 of 100
        (10, 5, 2, 10),
        (12, 10, 1, 2),  # 2 at a time take less than a quarter
        (9, 6, 2, 3),  # 3 chunks of at most 4: as even as can be
        (3, 10**6, 1, 1),
    ],
)
def test_classes_that_fit(
    monkeypatch, num_classes, of_class, networks, expected
):
    monkeypatch.setattr(memory, "MOST_BYTES", 100)
    classes = memory.fitting_classes(num_classes, of_class, networks)
    assert classes == expected


def test_the_peak_only_rises():
    before = memory.peak_bytes()
    if before is None:
        pytest.skip("this system does not tell")
    held = bytearray(b"x") * 3 * 10**8
    after = memory.peak_bytes()
    assert after >= max(before, len(held))
