import numpy as np
import pytest

from keras_tgdd.storage import tensor_files
from keras_tgdd.storage.tensor_files import open_tensors
from keras_tgdd.storage.tensor_files import write_tensors


def write(path, value=1.0):
    write_tensors(path, {"a": np.full(4, value)}, {"format": "kind"})


def test_round_trip(tmp_path):
    write(tmp_path / "a.safetensors")
    tensors, metadata = open_tensors(tmp_path / "a.safetensors", "kind")
    np.testing.assert_array_equal(tensors.get_tensor("a"), np.ones(4))
    assert metadata == {"format": "kind"}


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path, monkeypatch
):
    path = tmp_path / "a.safetensors"
    write(path)
    original = tensor_files.save_file

    def fail(tensors, filename, metadata):
        original(tensors, filename, metadata=metadata)
        raise OSError("disk full")

    monkeypatch.setattr(tensor_files, "save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        write(path, value=2.0)
    tensors, _ = open_tensors(path, "kind")
    np.testing.assert_array_equal(tensors.get_tensor("a"), np.ones(4))
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="No file at"):
        open_tensors(tmp_path / "a.safetensors", "kind")


@pytest.mark.parametrize("length", [0, 5, 60, -1])
def test_truncated_file(tmp_path, length):
    path = tmp_path / "a.safetensors"
    write(path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match="is truncated or not a safetensors"):
        open_tensors(path, "kind")


def test_file_of_another_kind(tmp_path):
    write(tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match="a 'other' file. Received: .*'kind'"):
        open_tensors(tmp_path / "a.safetensors", "other")


def test_views_are_written_in_their_own_order(tmp_path):
    given = {"v": np.arange(12).reshape(4, 3)[:, 1], "scalar": np.array(2)}
    write_tensors(tmp_path / "t.safetensors", given, {"format": "k"})
    tensors, _ = open_tensors(tmp_path / "t.safetensors", "k")
    np.testing.assert_array_equal(tensors.get_tensor("v"), [1, 4, 7, 10])
    assert tensors.get_tensor("scalar").shape == ()
