import shutil

import keras
import numpy as np
import pytest
from support.networks import small_network

from keras_tgdd.runtime import compilation
from keras_tgdd.runtime.compilation import calls_compiled
from keras_tgdd.runtime.compilation import compile_call
from keras_tgdd.runtime.compilation import compiles_calls
from keras_tgdd.runtime.compilation import default_dtype_policy
from keras_tgdd.runtime.compilation import default_jit_compile
from keras_tgdd.runtime.compilation import using_dtype_policy


def test_small_jobs_are_not_compiled_on_torch():
    expected = "auto" if keras.backend.backend() != "torch" else False
    assert default_jit_compile(pixels=1000) == expected


def test_large_jobs_are_compiled():
    assert default_jit_compile(pixels=10**12) in ("auto", True)


def test_without_a_compiler_torch_stays_eager(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    expected = "auto" if keras.backend.backend() != "torch" else False
    assert default_jit_compile(pixels=10**12) == expected


@pytest.mark.parametrize("has_bfloat16", [False, True])
def test_long_jobs_on_a_cpu_with_bfloat16_use_it_on_torch(
    monkeypatch, has_bfloat16
):
    monkeypatch.setattr(compilation, "_cpu_has_bfloat16", lambda: has_bfloat16)
    monkeypatch.setattr(shutil, "which", lambda name: name)
    torch = keras.backend.backend() == "torch"
    expected = "mixed_bfloat16" if torch and has_bfloat16 else "float32"
    assert default_dtype_policy(pixels=10**12) == expected
    assert default_dtype_policy(pixels=1000) == "float32"


def test_a_policy_of_ones_own_is_kept():
    with using_dtype_policy("mixed_float16"):
        assert default_dtype_policy(pixels=10**12) == "mixed_float16"
        layer = small_network((8, 8, 2), 3).get_layer("conv_1")
    assert layer.compute_dtype == "float16"
    assert keras.config.dtype_policy().name == "float32"


def test_a_policy_is_restored_after_an_error():
    with pytest.raises(KeyError), using_dtype_policy("mixed_bfloat16"):
        raise KeyError
    assert keras.config.dtype_policy().name == "float32"


def test_what_was_chosen_is_said(capsys):
    model = small_network((8, 8, 2), 3)
    model.compile(jit_compile=False)
    compilation.announce("expert 1/1", model, model)
    backend = keras.backend.backend()
    assert capsys.readouterr().err == f"expert 1/1: {backend}, float32, eager\n"


@pytest.mark.skipif(
    not compiles_calls(True), reason="Keras compiles the whole step"
)
def test_a_call_is_compiled_and_set_free_again(rng):
    model = small_network((8, 8, 2), 3)
    x = rng.normal(size=(2, 8, 8, 2)).astype("float32")
    eager = keras.ops.convert_to_numpy(model(x))
    original = model.call
    for wanted in (True, True, False, False):
        compile_call(model, wanted)
        assert calls_compiled(model) == wanted
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(model(x)), eager, atol=1e-5
        )
    assert model.call == original


def test_memory_is_kept_in_long_jobs_on_torch_alone(monkeypatch):
    calls = []

    class Library:
        def mallopt(self, parameter, value):
            calls.append((parameter, value))
            return 1

    monkeypatch.setattr(compilation.ctypes, "CDLL", lambda name: Library())
    monkeypatch.setattr(
        compilation.platform, "libc_ver", lambda: ("glibc", "2.36")
    )
    torch = keras.backend.backend() == "torch"
    assert not compilation.keep_freed_memory(1000) and not calls
    assert compilation.keep_freed_memory(10**12) == torch
    assert len(calls) == (2 if torch else 0)
    calls.clear()
    monkeypatch.setenv("KERAS_TGDD_KEEP_MEMORY", "0")
    assert not compilation.keep_freed_memory(10**12) and not calls
    monkeypatch.delenv("KERAS_TGDD_KEEP_MEMORY")
    monkeypatch.setattr(compilation.platform, "libc_ver", lambda: ("", ""))
    assert not compilation.keep_freed_memory(10**12) and not calls
