"""Files of PyTorch, whole, broken and hostile."""

import os
import sys
import zipfile

import numpy as np
import pytest

from keras_tgdd.synthetic.formats import torch_files
from keras_tgdd.synthetic.formats.torch_files import read_torch_file
from keras_tgdd.synthetic.formats.torch_files import read_torch_pair
from keras_tgdd.synthetic.formats.torch_files import to_pair
from keras_tgdd.synthetic.formats.torch_files import write_torch_files

# No backend takes part.
pytestmark = pytest.mark.once

torch = pytest.importorskip("torch")
IMAGES = torch.zeros(6, 3, 4, 4)
LABELS = torch.arange(3).repeat_interleave(2)


def test_what_is_written_is_read_back(rng, tmp_path):
    x, y = rng.random((2, 3, 4, 4)).astype("float32"), np.array([1, 0])
    folder = tmp_path / "new"
    write_torch_files(folder, {"x.pt": x, "y.pt": y})
    images, labels = read_torch_pair(folder / "x.pt", folder / "y.pt")
    np.testing.assert_array_equal(images, x)
    np.testing.assert_array_equal(labels, y)
    assert images.dtype == np.float32 and labels.dtype == np.int64


def test_a_pair_becomes_arrays():
    images, labels = to_pair([IMAGES.half(), LABELS.int()], "data.pt")
    assert images.dtype == np.float32 and labels.dtype == np.int64
    assert labels.tolist() == [0, 0, 1, 1, 2, 2]


class Runs:
    """Unpickled, it makes a file."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


def test_nothing_is_unpickled(tmp_path):
    torch.save([Runs(tmp_path / "ran"), LABELS], tmp_path / "data.pt")
    with pytest.raises(
        ValueError, match="nothing but tensors.*mkdir"
    ) as caught:
        read_torch_file(tmp_path / "data.pt")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"no tensors\n", b"PK\x03\x04 zip"])
def test_no_file_of_torch(tmp_path, content):
    (tmp_path / "data.pt").write_bytes(content)
    with pytest.raises(ValueError, match="must be a file of PyTorch"):
        read_torch_file(tmp_path / "data.pt")


def test_a_truncated_file(tmp_path):
    path = tmp_path / "data.pt"
    torch.save([IMAGES, LABELS], path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="must be a file of PyTorch"):
        read_torch_file(path)


def test_a_file_that_is_too_large_is_not_opened(tmp_path):
    path = tmp_path / "data.pt"
    path.touch()
    os.truncate(path, 17 * 2**30)  # Takes no room.
    with pytest.raises(ValueError, match="at most 16 GiB.*Received: 17 GiB"):
        read_torch_file(path)


def test_a_tensor_that_claims_more_than_the_file_holds(tmp_path):
    wide = torch.zeros(1).expand(10**5, 3, 1000, 1000)
    torch.save([wide, LABELS], tmp_path / "data.pt")
    assert (tmp_path / "data.pt").stat().st_size < 10**4
    content = read_torch_file(tmp_path / "data.pt")
    with pytest.raises(ValueError, match="which the file does not hold"):
        to_pair(content, tmp_path / "data.pt")


def test_what_a_file_unpacks_to_counts(tmp_path, monkeypatch):
    torch.save([torch.zeros(1000, 3, 8, 8), LABELS], tmp_path / "whole.pt")
    with (
        zipfile.ZipFile(tmp_path / "whole.pt") as whole,
        zipfile.ZipFile(
            tmp_path / "data.pt", "w", zipfile.ZIP_DEFLATED
        ) as packed,
    ):
        for entry in whole.infolist():
            packed.writestr(entry.filename, whole.read(entry))
    monkeypatch.setattr(torch_files, "_MOST_BYTES", 100_000)
    assert (tmp_path / "data.pt").stat().st_size < 10_000
    with pytest.raises(ValueError, match="must hold at most"):
        read_torch_file(tmp_path / "data.pt")


def test_torch_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    message = r"files of PyTorch needs torch.*pip install keras-tgdd\[torch\]"
    with pytest.raises(ImportError, match=message):
        write_torch_files(tmp_path / "new", {"x.pt": np.zeros(1)})
    assert not (tmp_path / "new").exists()
    with pytest.raises(ImportError, match=message):
        read_torch_file(tmp_path / "data.pt")
