import pytest

from keras_tgdd.runtime import allocator

# No backend takes part.
pytestmark = pytest.mark.once


class Library:
    """A C library that records the settings of its allocator."""

    def __init__(self, answer=1):
        self.settings = {}
        self.answer = answer

    def mallopt(self, parameter, value):
        self.settings[parameter] = value
        return self.answer


@pytest.fixture
def library(monkeypatch):
    library = Library()
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda name: library)
    monkeypatch.setattr(
        allocator.platform, "libc_ver", lambda: ("glibc", "2.36")
    )
    monkeypatch.delenv("KERAS_TGDD_KEEP_MEMORY", raising=False)
    return library


def test_glibc_neither_maps_nor_trims_any_more(library):
    assert allocator.keep_freed_pages()
    # M_MMAP_MAX and M_TRIM_THRESHOLD of malloc.h.
    assert library.settings == {-4: 0, -1: -1}


def test_a_refusal_of_the_library_is_told(library):
    library.answer = 0
    assert not allocator.keep_freed_pages()


def test_the_environment_turns_it_off(library, monkeypatch):
    monkeypatch.setenv("KERAS_TGDD_KEEP_MEMORY", "0")
    assert not allocator.keep_freed_pages()
    assert library.settings == {}


def test_other_c_libraries_are_left_alone(library, monkeypatch):
    monkeypatch.setattr(allocator.platform, "libc_ver", lambda: ("", ""))
    assert not allocator.keep_freed_pages()
    assert library.settings == {}
