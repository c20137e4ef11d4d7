"""Jobs that are killed end as if they had not been."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from support.processes import ROOT

import keras_tgdd

BACKENDS = ("jax", "tensorflow", "torch")
SCRIPT = ROOT / "tests" / "support" / "killed_job.py"


def start(backend, directory, output):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(directory), str(output)],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(backend, directory, output):
    """Lets a job end; returns its images and the seconds it worked."""
    job = start(backend, directory, output)
    job.stdout.readline()
    begun = time.monotonic()
    job.communicate(timeout=600)
    assert job.returncode == 0
    images = keras_tgdd.DistilledDataset.load(output).images
    return images, time.monotonic() - begun


def kill(backend, directory, output, seconds, number):
    """Ends a job so long after it began; says whether it was at work."""
    job = start(backend, directory, output)
    job.stdout.readline()
    time.sleep(seconds)
    job.send_signal(number)
    job.communicate()
    assert job.returncode in (0, -number)
    return job.returncode != 0


def kill_at_random(tmp_path, backend, times, seed=0):
    """Kills a job at random moments, every second time by Ctrl-C, and
    compares what it ends with."""
    whole, seconds = finish(backend, tmp_path / "1", tmp_path / "1.out")
    generator = np.random.default_rng(seed)
    killed = 0
    for attempt in range(times):
        killed += kill(
            backend,
            tmp_path / "3",
            tmp_path / "3.out",
            generator.uniform(0.0, seconds),
            (signal.SIGKILL, signal.SIGINT)[attempt % 2],
        )
    assert killed > 0
    images, _ = finish(backend, tmp_path / "3", tmp_path / "3.out")
    np.testing.assert_array_equal(images, whole)


@pytest.mark.once
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_killed_job_goes_on_bit_for_bit(tmp_path, backend):
    kill_at_random(tmp_path, backend, times=2)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_two_undisturbed_jobs_agree(tmp_path, backend):
    first, _ = finish(backend, tmp_path / "1", tmp_path / "1.out")
    second, _ = finish(backend, tmp_path / "2", tmp_path / "2.out")
    np.testing.assert_array_equal(first, second)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_twenty_killed_jobs_go_on_bit_for_bit(tmp_path, backend):
    whole, seconds = finish(backend, tmp_path / "whole", tmp_path / "out")
    generator = np.random.default_rng(1)
    killed = 0
    for attempt in range(40):
        places = tmp_path / str(attempt), tmp_path / f"{attempt}.out"
        moment = generator.uniform(0.0, seconds)
        if not kill(backend, *places, moment, signal.SIGKILL):
            continue  # it was done before
        killed += 1
        images, _ = finish(backend, *places)
        np.testing.assert_array_equal(images, whole)
        if killed == 20:
            break
    assert killed == 20
