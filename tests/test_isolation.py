"""Each backend works where the other two are not installed."""

import pytest
from support.processes import run_python

pytestmark = pytest.mark.once
BACKENDS = ["jax", "tensorflow", "torch"]

HIDDEN_RUN = '''
import sys

hidden = {hidden!r}


class Hide:
    """A finder that finds what its own finds, but the hidden packages."""

    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in hidden:
            return None
        return self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)


sys.meta_path[:] = [Hide(finder) for finder in sys.meta_path]

import keras_tgdd
from keras_tgdd.models import ConvNet

data = keras_tgdd.datasets.load("digits")
distilled = keras_tgdd.distill(
    data.x_train[:200],
    data.y_train[:200],
    images_per_class=1,
    network_fn=lambda shape, n: ConvNet(shape, n, width=4),
    expert_epochs=1,
    iterations=2,
    verbose=0,
)
result = keras_tgdd.evaluate(
    distilled,
    data.x_test,
    data.y_test,
    network_fn=lambda shape, n: ConvNet(shape, n, width=4),
    protocol=keras_tgdd.evaluation.get_protocol("tgdd", epochs=2),
    num_runs=1,
    verbose=0,
)
assert 0.0 <= result.mean <= 1.0
assert not set(hidden) & set(sys.modules)
print("done")
'''


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_whole_job_with_the_other_backends_hidden(backend):
    hidden = [
        name
        for name in [*BACKENDS, "tensorflow_datasets"]
        if name not in (backend, f"{backend}_datasets")
    ]
    script = HIDDEN_RUN.format(hidden=hidden)
    assert run_python("-c", script, backend=backend).strip().endswith("done")


IMPORT_ONLY = """
import random, sys
import numpy as np
import keras

state = random.getstate(), np.random.get_state()[1].tolist()
settings = keras.config.dtype_policy().name, keras.config.floatx()
settings += (keras.config.image_data_format(), keras.backend.backend())
modules = set(sys.modules)
import keras_tgdd

assert (random.getstate(), np.random.get_state()[1].tolist()) == state
after = keras.config.dtype_policy().name, keras.config.floatx()
after += (keras.config.image_data_format(), keras.backend.backend())
assert after == settings
for name in ("tensorflow_datasets", "matplotlib.pyplot"):
    assert name not in set(sys.modules) - modules, name
print("done")
"""


def test_importing_has_no_side_effects():
    assert run_python("-c", IMPORT_ONLY).strip().endswith("done")
