import shutil

import keras
import numpy as np
import pytest
from support.networks import small_network

from keras_tgdd.runtime import compilation
from keras_tgdd.runtime.compilation import calls_compiled
from keras_tgdd.runtime.compilation import compile_call
from keras_tgdd.runtime.compilation import compiles_call_alone
from keras_tgdd.runtime.compilation import default_dtype_policy
from keras_tgdd.runtime.compilation import default_jit_compile
from keras_tgdd.runtime.compilation import step_jit_compile
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


def test_a_policy_that_the_user_set_is_kept():
    with using_dtype_policy("mixed_float16"):
        assert default_dtype_policy(pixels=10**12) == "mixed_float16"
        layer = small_network((8, 8, 2), 3).get_layer("conv_1")
    assert layer.compute_dtype == "float16"
    assert keras.config.dtype_policy().name == "float32"


def test_a_policy_is_restored_after_an_error():
    with pytest.raises(KeyError), using_dtype_policy("mixed_bfloat16"):
        raise KeyError
    assert keras.config.dtype_policy().name == "float32"


def test_the_choice_is_printed(capsys):
    model = small_network((8, 8, 2), 3)
    model.compile(jit_compile=False)
    compilation.announce("expert 1/1", model, model)
    backend = keras.backend.backend()
    assert capsys.readouterr().err == f"expert 1/1: {backend}, float32, eager\n"


@pytest.mark.parametrize(
    "wanted, others, on_torch",
    [
        (None, "auto", "auto"),
        ("auto", "auto", "auto"),
        (False, False, False),
        (True, True, False),  # `call` is compiled in place of the step
    ],
)
def test_the_whole_step_is_eager_on_torch(wanted, others, on_torch):
    torch = keras.backend.backend() == "torch"
    assert step_jit_compile(wanted) == (on_torch if torch else others)


def test_calls_are_compiled_on_torch_alone_if_long_or_wanted(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: name)
    torch = keras.backend.backend() == "torch"
    assert compiles_call_alone(None, pixels=10**12) == torch
    assert compiles_call_alone(True, pixels=1) == torch
    assert not compiles_call_alone(None, pixels=1)
    assert not compiles_call_alone(False, pixels=10**12)
    assert not compiles_call_alone("auto", pixels=10**12)


def test_a_call_is_compiled_and_restored(rng, monkeypatch):
    if keras.backend.backend() != "torch":
        # Only PyTorch compiles functions: another function stands for it.
        monkeypatch.setattr(
            compilation, "compiled", lambda call: lambda x: call(x)
        )
    model = small_network((8, 8, 2), 3)
    x = rng.normal(size=(2, 8, 8, 2)).astype("float32")
    eager = keras.ops.convert_to_numpy(model(x))
    original = model.call
    for wanted in (True, True, False, False):
        compile_call(model, wanted)
        assert calls_compiled(model) == wanted
        assert (model.call != original) == wanted
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(model(x)), eager, atol=1e-5
        )


def test_a_warm_model_has_its_optimizer_and_gradients(rng):
    model = small_network((8, 8, 2), 3)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    x = rng.normal(size=(1, 8, 8, 2)).astype("float32")
    before = [np.copy(w) for w in model.get_weights()]
    outputs = compilation.warm_up(model, x)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(outputs),
        keras.ops.convert_to_numpy(model(x)),
        rtol=1e-6,
    )
    assert model.optimizer.built
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)
    if keras.backend.backend() == "torch":
        for variable in model.trainable_variables:
            assert not variable.value.grad.any()


def test_a_scan_is_a_loop_over_the_first_axis(rng):
    x = rng.normal(size=(4, 3)).astype("float32")

    def step(carried, row):
        total = carried + row
        return total, (total, 2.0 * row)

    last, (totals, doubles) = compilation.scan(
        step, keras.ops.zeros(3), keras.ops.convert_to_tensor(x)
    )
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(totals), np.cumsum(x, axis=0), rtol=1e-5
    )
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(last), x.sum(axis=0), rtol=1e-5
    )
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(doubles), 2.0 * x)


def test_memory_is_kept_in_long_jobs_on_torch_alone(monkeypatch):
    calls = []

    def keep_freed_pages():
        calls.append(1)
        return True

    monkeypatch.setattr(compilation, "keep_freed_pages", keep_freed_pages)
    torch = keras.backend.backend() == "torch"
    assert not compilation.keep_freed_memory(1000) and not calls
    assert compilation.keep_freed_memory(10**12) == torch
    assert len(calls) == (1 if torch else 0)
