import json
import sys

import numpy as np
import pytest
from support.processes import run_python

from keras_tgdd import DistilledDataset
from keras_tgdd import Normalization
from keras_tgdd.synthetic.formats import write_tfds

# No backend takes part.
pytestmark = pytest.mark.once


READ = """
import json, sys
import tensorflow_datasets as tfds

data, info = tfds.load(
    "my_set", data_dir=sys.argv[1], with_info=True, as_supervised=True
)
x, y = zip(*tfds.as_numpy(data["train"]))
print(json.dumps([[image.tolist() for image in x], [int(n) for n in y]]))
"""


@pytest.fixture
def tfds():
    return pytest.importorskip("tensorflow_datasets")


def make(rng, channels=3, **changes):
    arguments = dict(
        class_names=["dress", "a bag / ü", "T-shirt"],
        factor=2,
        normalization=Normalization([0.4] * channels, [0.3] * channels),
        info={"steps": 5},
    )
    return DistilledDataset(
        rng.random((3, 2, 8, 6, channels)).astype("float32"),
        **{**arguments, **changes},
    )


def as_bytes(distilled):
    x, y = distilled.to_numpy()
    return np.rint(255 * x).astype("uint8"), y


@pytest.mark.parametrize("channels", [1, 3])
def test_tfds_loads_the_same_bytes(rng, tmp_path, tfds, channels):
    distilled = make(rng, channels)
    write_tfds(distilled, tmp_path / "new" / "data", "my_set_2")
    data, info = tfds.load(
        "my_set_2",
        data_dir=tmp_path / "new" / "data",
        split="train",
        with_info=True,
    )
    examples = list(tfds.as_numpy(data))
    x, y = as_bytes(distilled)
    images = np.stack([example["image"] for example in examples])
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, x)
    assert [example["label"] for example in examples] == y.tolist()
    assert info.features["label"].names == list(distilled.class_names)
    facts = json.loads(info.description.splitlines()[-1])
    assert facts.pop("info") == {"steps": 5}
    assert Normalization(**facts) == distilled.normalization
    names = [path.name for path in (tmp_path / "new" / "data").iterdir()]
    assert names == ["my_set_2"]


@pytest.mark.once
def test_another_process_loads_it_by_name(rng, tmp_path, tfds):
    distilled = make(rng)
    write_tfds(distilled, tmp_path, "my_set")
    images, labels = json.loads(run_python("-c", READ, tmp_path))
    x, y = as_bytes(distilled)
    np.testing.assert_array_equal(images, x)
    assert labels == y.tolist()


@pytest.mark.parametrize(
    "name",
    ["", "../up", "/tmp/x", "MySet", "2nd", "my-set", "a/b", "a:1.0.0", "x\n"],
)
def test_refuses_names(rng, tmp_path, name):
    with pytest.raises(ValueError, match="`name` must be lower-case letters"):
        write_tfds(make(rng), tmp_path / "data", name)
    assert not list(tmp_path.iterdir())


def test_refuses_what_tfds_would_load_in_its_place(rng, tmp_path, tfds):
    with pytest.raises(ValueError, match="must not be that of.*'cifar10'"):
        write_tfds(make(rng), tmp_path, "cifar10")
    assert not list(tmp_path.iterdir())


def test_refuses_to_replace(rng, tmp_path, tfds):
    (tmp_path / "my_set").mkdir()
    with pytest.raises(FileExistsError, match="Delete it, or choose another"):
        write_tfds(make(rng), tmp_path, "my_set")
    assert not list((tmp_path / "my_set").iterdir())


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"channels": 2}, "1 channel or 3. Received: images of 2 channels"),
        ({"class_names": ["a", "b", "a"]}, "no two alike"),
        ({"class_names": ["a", " ", "b"]}, "lines of text"),
        ({"class_names": ["a", "b\nc", "d"]}, "lines of text"),
    ],
)
def test_refuses_what_tfds_cannot_keep(rng, tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        write_tfds(make(rng, **changes), tmp_path, "my_set")
    assert not list(tmp_path.iterdir())


def test_an_error_leaves_nothing(rng, tmp_path, tfds, monkeypatch):
    def fail(self, examples):
        raise OSError("No space left on device")

    monkeypatch.setattr(tfds.core.SequentialWriter, "add_examples", fail)
    with pytest.raises(OSError, match="No space left"):
        write_tfds(make(rng), tmp_path, "my_set")
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_named(rng, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    message = r"`write_tfds` needs tensorflow-datasets.*keras-tgdd\[datasets\]"
    with pytest.raises(ImportError, match=message):
        write_tfds(make(rng), tmp_path / "data", "my_set")
    assert not list(tmp_path.iterdir())
