import shutil

import keras

from keras_tgdd.compilation import default_jit_compile


def test_small_jobs_are_not_compiled_on_torch():
    expected = "auto" if keras.backend.backend() != "torch" else False
    assert default_jit_compile(pixels=1000) == expected


def test_large_jobs_are_compiled():
    assert default_jit_compile(pixels=10**12) in ("auto", True)


def test_without_a_compiler_torch_stays_eager(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    expected = "auto" if keras.backend.backend() != "torch" else False
    assert default_jit_compile(pixels=10**12) == expected
