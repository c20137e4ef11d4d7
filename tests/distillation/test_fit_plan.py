import pytest

from keras_tgdd.distillation.fit_plan import cut_pieces
from keras_tgdd.distillation.fit_plan import remaining_pieces

# No backend takes part.
pytestmark = pytest.mark.once


@pytest.mark.parametrize("done", range(14))
def test_parts_make_up_what_is_left(done):
    parts = remaining_pieces(done, epochs=3, steps_per_epoch=4)
    made = sum((last - first) * steps for first, last, steps in parts)
    assert made == max(0, 12 - done)
    assert all(first < last <= 3 for first, last, _ in parts)


def test_a_partly_done_epoch_is_a_part_of_its_own():
    assert remaining_pieces(0, 3, 4) == [(0, 3, 4)]
    assert remaining_pieces(5, 3, 4) == [(1, 2, 3), (2, 3, 4)]
    assert remaining_pieces(8, 3, 4) == [(2, 3, 4)]
    assert remaining_pieces(11, 3, 4) == [(2, 3, 1)]
    assert remaining_pieces(12, 3, 4) == []


@pytest.mark.parametrize("every", [1, 2, 3, 4, 5, 8, 9, 100])
@pytest.mark.parametrize("step", [0, 1, 7])
def test_parts_are_cut_where_networks_are_refreshed(step, every):
    whole = [(1, 2, 3), (2, 6, 4)]
    steps, made = [], step
    for initial, last, size in cut_pieces(whole, step, every):
        number = (last - initial) * size
        # No multiple lies within a part.
        assert made // every == (made + number - 1) // every
        made += number
        steps += [epoch for epoch in range(initial, last) for _ in range(size)]
    # Each epoch has the steps it had.
    assert steps == [1] * 3 + [e for e in range(2, 6) for _ in range(4)]


def test_nothing_is_cut_that_need_not_be():
    assert list(cut_pieces([(0, 5, 2)], 0, 4)) == [
        (0, 2, 2),
        (2, 4, 2),
        (4, 5, 2),
    ]
    assert list(cut_pieces([(0, 5, 2)], 2, 12)) == [(0, 5, 2)]
