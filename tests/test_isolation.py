"""The package works where other backends or optional packages are missing."""

import pytest
from support.processes import run_python

pytestmark = pytest.mark.once
BACKENDS = ["jax", "tensorflow", "torch"]
OPTIONAL = ["PIL", "jinja2", "matplotlib", "ot", "sklearn", "tensorboardX"]

HIDE = '''
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

import numpy as np
import keras_tgdd
from keras_tgdd.models import ConvNet
'''
WHOLE_JOB = """
def network(shape, num_classes):
    return ConvNet(shape, num_classes, width=4)


y = np.arange(60) % 3
x = np.random.default_rng(0).integers(0, 80, (60, 8, 8, 1)).astype("uint8")
x = (x + 60 * y[:, None, None, None]).astype("uint8")
experts = keras_tgdd.train_experts(
    (x, y), network, num_experts=1, epochs=1, directory={directory!r}, verbose=0
)
distilled = keras_tgdd.distill((x, y), 1, experts=experts, steps=2, verbose=0)
result = keras_tgdd.evaluate(
    distilled,
    (x, y),
    network=network,
    protocol=keras_tgdd.evaluation.get_protocol("tgdd", epochs=2),
    num_runs=1,
    verbose=0,
)
assert 0.0 <= result.mean <= 1.0
distilled.save({directory!r} + "/set.safetensors")
assert not set(hidden) & set(sys.modules)
"""
REFUSALS = """
def refused(extra, function, *arguments, **keywords):
    try:
        function(*arguments, **keywords)
    except ImportError as error:
        assert f"keras-tgdd[{{extra}}]" in str(error), error
        return
    raise AssertionError(f"{{function}} worked without its package")


import os

for name in "ab":
    os.makedirs(f"{directory}/photos/{{name}}")
    for number in range(2):
        open(f"{directory}/photos/{{name}}/{{number}}.png", "wb").close()
refused("images", distilled.to_grid, "grid.png")
refused("images", distilled.save_images, {directory!r} + "/out")
refused("images", keras_tgdd.datasets.from_directory, {directory!r} + "/photos")
select = keras_tgdd.evaluation.select_images
assert select((x, y), 1).num_classes == select((x, y), 1, "herding").num_classes
refused("selection", select, (x, y), 1, "k_means")
refused("selection", select, (x, y), 1, "k_center")
refused("selection", keras_tgdd.datasets.load, "digits")
refused("report", keras_tgdd.report, {{"a": result}}, {directory!r} + "/r.html")
refused(
    "tensorboard",
    keras_tgdd.ImageGrid,
    {directory!r} + "/pictures",
    log_dir={directory!r} + "/logs",
)
method = keras_tgdd.methods.WMDD(samples_per_class=4)
trainer = method.build((x, y), experts, 1, steps=1)
refused("transport", trainer.fit, x, y, steps_per_epoch=1, verbose=0)
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_whole_job_with_the_other_backends_hidden(backend, tmp_path):
    hidden = [
        name
        for name in [*BACKENDS, "tensorflow_datasets"]
        if name not in (backend, f"{backend}_datasets")
    ]
    script = HIDE.format(hidden=hidden)
    script += WHOLE_JOB.format(directory=str(tmp_path)) + "print('done')"
    assert run_python("-c", script, backend=backend).strip().endswith("done")


def test_the_core_works_and_the_rest_names_its_extra_without_optional_packages(
    tmp_path,
):
    script = HIDE.format(hidden=OPTIONAL)
    script += WHOLE_JOB.format(directory=str(tmp_path))
    script += REFUSALS.format(directory=str(tmp_path)) + "print('done')"
    assert run_python("-c", script).strip().endswith("done")


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
new = {name.split(".")[0] for name in set(sys.modules) - modules}
assert "matplotlib.pyplot" not in set(sys.modules) - modules
optional = {"PIL", "jinja2", "matplotlib", "ot", "sklearn", "tensorboardX"}
assert not new & (optional | {"tensorflow_datasets"}), new
print("done")
"""


def test_importing_has_no_side_effects():
    assert run_python("-c", IMPORT_ONLY).strip().endswith("done")
