import numpy as np
import pytest

from keras_tgdd.runtime.draws import Draws

# No backend takes part.
pytestmark = pytest.mark.once


def first(seed, kind, number):
    return int(Draws(seed).generator(kind, number).integers(2**40))


def test_stored_runs_resume_with_the_same_draws():
    assert first(0, 0, 0) == 15_466_869_282
    assert first([3, 1], 2, 5) == 342_525_277_807


def test_a_number_is_drawn_alike_in_any_order():
    draws = Draws(4)
    forwards = [draws.generator(1, n).random() for n in range(5)]
    backwards = [draws.generator(1, n).random() for n in reversed(range(5))]
    assert forwards == backwards[::-1]


def test_seeds_kinds_and_numbers_differ():
    drawn = {
        first(seed, kind, number)
        for seed in (0, 1, [0, 1])
        for kind in range(3)
        for number in range(3)
    }
    assert len(drawn) == 27


def test_long_draws_do_not_run_into_the_next_number():
    draws = Draws(0)
    long = draws.generator(0, 0).integers(2**62, size=100_000)
    following = draws.generator(0, 1).integers(2**62, size=100)
    assert not np.intersect1d(long, following).size
