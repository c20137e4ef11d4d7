import numpy as np
import pytest

from keras_tgdd.storage.array_writer import ArrayWriter

# No backend takes part.
pytestmark = pytest.mark.once


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_parts_make_the_whole(tmp_path, dtype):
    whole = np.arange(3000).reshape(1000, 3).astype(dtype)
    with ArrayWriter(tmp_path / "a.npy") as writer:
        for start in range(0, 1000, 7):
            writer.append(whole[start : start + 7])
    read = np.load(tmp_path / "a.npy", mmap_mode="r")
    assert read.dtype == dtype
    np.testing.assert_array_equal(read, whole)


def test_rows_of_another_shape_are_refused_and_leave_nothing(tmp_path):
    with pytest.raises(ValueError, match="of dtype and shape"):
        with ArrayWriter(tmp_path / "a.npy") as writer:
            writer.append(np.zeros((2, 3)))
            writer.append(np.zeros((2, 4)))
    assert list(tmp_path.iterdir()) == []


def test_no_rows_are_refused_and_leave_nothing(tmp_path):
    with pytest.raises(ValueError, match="a.npy' needs at least one array"):
        with ArrayWriter(tmp_path / "a.npy"):
            pass
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_the_former_file(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(3))
    with pytest.raises(KeyboardInterrupt):
        with ArrayWriter(tmp_path / "a.npy") as writer:
            writer.append(np.zeros((2, 3)))
            raise KeyboardInterrupt
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), np.arange(3))
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]
