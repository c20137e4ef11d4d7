import numpy as np
import pytest
from safetensors.numpy import save_file
from support.hostile import header_of_promises

from keras_tgdd.storage.tensor_file import TensorFile
from keras_tgdd.storage.tensor_file import write_tensors

# No backend takes part.
pytestmark = pytest.mark.once


CONTENT = {"a": np.arange(6, dtype="float32").reshape(2, 3)}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.safetensors"
    write_tensors(path, CONTENT, {"format": "kind", "what": '{"size": 3}'})
    return path


def test_reads_what_was_written(path):
    stored = TensorFile(path, "kind")
    assert stored.keys() == ["a"]
    tensor = stored.get_tensor("a", "float32", (None, 3))
    np.testing.assert_array_equal(tensor, CONTENT["a"])
    assert stored.get_json("what", dict) == {"size": 3}
    assert stored.get_entries("what", ("size",)) == {"size": 3}


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="No file at"):
        TensorFile(tmp_path / "b.safetensors", "kind")


@pytest.mark.parametrize("length", [0, 5, 60, -1])
def test_a_truncated_file(path, length):
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match="is truncated or not a safetensors"):
        TensorFile(path, "kind")


def test_a_file_of_another_kind(path):
    with pytest.raises(ValueError, match="a 'other' file. Received: .*'kind'"):
        TensorFile(path, "other")


def test_flipped_bits_are_detected_anywhere(path):
    whole = path.read_bytes()
    generator = np.random.default_rng(0)
    for position in generator.integers(0, len(whole), 300):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << generator.integers(8)
        path.write_bytes(flipped)
        try:
            stored = TensorFile(path, "kind")
            tensor = stored.get_tensor("a", "float32", (2, 3))
            value = stored.get_json("what", dict)
        except ValueError as error:
            assert str(path) in str(error)
        else:  # a bit of the header without a meaning
            np.testing.assert_array_equal(tensor, CONTENT["a"])
            assert value == {"size": 3}


@pytest.mark.parametrize(
    "read, message",
    [
        (lambda s: s.get_tensor("b"), "has no tensor 'b'"),
        (lambda s: s.get_tensor("a", "int32"), "must be int32, and is float32"),
        (lambda s: s.get_tensor("a", shape=(2, 4)), r"shape \(2, 4\).*has \(2"),
        (lambda s: s.get_tensor("a", shape=(None,)), "must have shape"),
        (lambda s: s.get_json("who", dict), "entry 'who'.*KeyError"),
        (lambda s: s.get_json("format", str), "JSONDecodeError"),
        (lambda s: s.get_json("what", list), "must be a list, and is a dict"),
        (lambda s: s.get_entries("what", ("sum",)), r"lacks \['sum'\]"),
    ],
)
def test_an_unexpected_entry_is_refused_by_name(path, read, message):
    with pytest.raises(ValueError, match=message) as raised:
        read(TensorFile(path, "kind"))
    assert "Delete it and make it again" in str(raised.value)


def test_an_empty_axis_is_refused(tmp_path):
    path = tmp_path / "e.safetensors"
    write_tensors(path, {"a": np.zeros((0, 3))}, {"format": "kind"})
    with pytest.raises(ValueError, match="must have shape"):
        TensorFile(path, "kind").get_tensor("a", shape=(None, 3))


def test_a_header_that_promises_more_than_the_file_holds(tmp_path):
    path = tmp_path / "h.safetensors"
    content = header_of_promises("kind")
    path.write_bytes(content)
    with pytest.raises(ValueError, match="truncated"):
        TensorFile(path, "kind")
    path.write_bytes((1 << 62).to_bytes(8, "little") + content[8:])
    with pytest.raises(ValueError, match="truncated"):
        TensorFile(path, "kind")


def test_json_that_is_nested_too_deeply(tmp_path):
    path = tmp_path / "d.safetensors"
    metadata = {"format": "kind", "deep": "[" * 100_000}
    save_file({"a": np.zeros(1, "float32")}, path, metadata)
    with pytest.raises(ValueError, match="entry 'deep'"):
        TensorFile(path, "kind").get_json("deep", list)


def test_files_of_other_packages_need_no_checksums(tmp_path):
    path = tmp_path / "o.safetensors"
    save_file(CONTENT, path, {"format": "kind"})
    tensor = TensorFile(path, "kind").get_tensor("a")
    np.testing.assert_array_equal(tensor, CONTENT["a"])
