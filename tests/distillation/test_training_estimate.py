import keras
import numpy as np
import pytest
from support import distillations
from support.distillations import make_steps
from support.summaries import summarize

import keras_tgdd
from keras_tgdd import DistillationCheckpoint
from keras_tgdd.distillation.state import DistillationState
from keras_tgdd.runtime import compilation
from keras_tgdd.runtime.compilation import calls_compiled
from keras_tgdd.runtime.compilation import compiles_calls


def make(experts, data, optimizer="sgd", jit_compile=False):
    if optimizer == "sgd":
        optimizer = keras.optimizers.SGD(0.05, momentum=0.5)
    return distillations.make(
        experts, data, optimizer=optimizer, jit_compile=jit_compile
    )


def state_of(trainer):
    trainer.optimizer.build(trainer.trainable_variables)
    return DistillationState(trainer.synthetic, trainer.optimizer).read()


def fit(trainer, data, steps):
    make_steps(trainer, data, steps)
    return state_of(trainer)


def assert_same(actual, expected):
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(actual[name], value)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_an_estimate_leaves_everything_as_it_was(
    experts, small_data, optimizer
):
    start = state_of(make(experts, small_data, optimizer))
    plain = make(experts, small_data, optimizer)
    middle, end = fit(plain, small_data, 3), fit(plain, small_data, 2)

    trainer = make(experts, small_data, optimizer)
    trainer.estimate(*small_data, steps=500)
    assert_same(state_of(trainer), start)
    assert_same(fit(trainer, small_data, 3), middle)
    trainer.estimate(*small_data, steps=2)
    assert trainer.num_steps == 3
    assert_same(state_of(trainer), middle)
    assert_same(fit(trainer, small_data, 2), end)


def test_an_estimate_that_fails_leaves_everything_as_it_was(
    experts, small_data, monkeypatch
):
    trainer = make(experts, small_data)
    before = fit(trainer, small_data, 1)
    original = trainer.reset_metrics

    def fail(*arguments):
        monkeypatch.setattr(trainer, "reset_metrics", original)
        raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "reset_metrics", fail)
    with pytest.raises(KeyboardInterrupt):
        trainer.estimate(*small_data)
    assert_same(state_of(trainer), before)


def test_what_an_estimate_says(experts, small_data, tmp_path):
    trainer = make(experts, small_data)
    estimate = trainer.estimate(*small_data, steps=7)
    assert estimate.steps == 7
    assert estimate.seconds == 7 * estimate.seconds_per_step > 0.0
    assert estimate.memory_bytes is None or estimate.memory_bytes > 10**7
    path = tmp_path / "state.safetensors"
    make_steps(trainer, small_data, 7, DistillationCheckpoint(path))
    trainer.distilled_dataset().save(tmp_path / "distilled.safetensors")
    # Beside the arrays a file has a few kilobytes of description.
    for name, said in (
        ("state", estimate.checkpoint_bytes),
        ("distilled", estimate.distilled_bytes),
    ):
        size = (tmp_path / f"{name}.safetensors").stat().st_size
        assert said <= size <= said + 8000
    assert estimate.disk_bytes == (
        2 * estimate.checkpoint_bytes + estimate.distilled_bytes
    )


def test_summaries_can_be_estimated_too(experts, small_data, tmp_path):
    summaries = summarize(experts, small_data, tmp_path)
    plain, trainer = (make(experts, small_data) for _ in range(2))
    trainer.estimate(summaries)
    assert_same(fit(trainer, (summaries,), 3), fit(plain, (summaries,), 3))


def test_an_estimate_reads_well():
    estimate = keras_tgdd.TrainingEstimate(
        steps=1500,
        seconds_per_step=0.48,
        memory_bytes=1_900_000_000,
        checkpoint_bytes=1_000_000,
        distilled_bytes=1_200_000,
    )
    assert str(estimate) == (
        "1,500 steps: about 12 min (480 ms a step), 1.9 GB of memory, 3.2 MB "
        "on disk"
    )


@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="eager: each step calls"
)
def test_what_was_compiled_serves_fit(experts, small_data, monkeypatch):
    calls = []
    original = keras_tgdd.DistillationTrainer.call

    def counted(self, inputs, training=False):
        calls.append(None)
        return original(self, inputs, training)

    monkeypatch.setattr(keras_tgdd.DistillationTrainer, "call", counted)
    trainer = make(experts, small_data, jit_compile="auto")
    trainer.estimate(*small_data)
    traced = len(calls)
    fit(trainer, small_data, 4)
    assert len(calls) == traced > 0


@pytest.mark.skipif(
    not compiles_calls(True), reason="programs do not depend on the length"
)
def test_a_job_of_another_length_is_compiled_for_itself(
    experts, small_data, monkeypatch
):
    monkeypatch.setattr(
        compilation, "default_jit_compile", lambda pixels: pixels > 10**6
    )
    monkeypatch.setattr(compilation, "compiled", lambda function: function)
    trainer = make(experts, small_data, jit_compile=None)
    trainer.estimate(*small_data, steps=10_000)
    assert calls_compiled(trainer)
    fit(trainer, small_data, 1)
    assert not calls_compiled(trainer) and not trainer.jit_compile


def test_bad_arguments_are_refused(experts, small_data):
    trainer = make(experts, small_data)
    with pytest.raises(ValueError, match="steps=0"):
        trainer.estimate(*small_data, steps=0)
    x, y = small_data
    with pytest.raises(ValueError, match="same image shape"):
        trainer.estimate(x[:, :4], y)
