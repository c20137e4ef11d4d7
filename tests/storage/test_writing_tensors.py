import numpy as np
import pytest

from keras_tgdd.storage import tensor_file
from keras_tgdd.storage.tensor_file import TensorFile
from keras_tgdd.storage.tensor_file import write_tensors

# No backend takes part.
pytestmark = pytest.mark.once


def write(path, value=1.0):
    write_tensors(path, {"a": np.full(4, value)}, {"format": "kind"})


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path, monkeypatch
):
    path = tmp_path / "a.safetensors"
    write(path)
    original = tensor_file.save_file

    def fail(tensors, filename, metadata):
        original(tensors, filename, metadata=metadata)
        raise OSError("disk full")

    monkeypatch.setattr(tensor_file, "save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        write(path, value=2.0)
    stored = TensorFile(path, "kind").get_tensor("a")
    np.testing.assert_array_equal(stored, np.ones(4))
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


def test_views_are_written_with_their_values(tmp_path):
    given = {"v": np.arange(12).reshape(4, 3)[:, 1], "scalar": np.array(2)}
    write_tensors(tmp_path / "t.safetensors", given, {"format": "k"})
    stored = TensorFile(tmp_path / "t.safetensors", "k")
    np.testing.assert_array_equal(stored.get_tensor("v"), [1, 4, 7, 10])
    assert stored.get_tensor("scalar").shape == ()


def test_a_directory_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="directory that exists"):
        write(tmp_path / "missing" / "a.safetensors")
