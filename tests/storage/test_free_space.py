import collections
import shutil

import pytest

from keras_tgdd.storage.free_space import check_free_space

# No backend takes part.
pytestmark = pytest.mark.once


Usage = collections.namedtuple("Usage", "total used free")


def test_a_full_disk_is_refused_with_sizes_and_remedy(tmp_path, monkeypatch):
    asked = []

    def usage(path):
        asked.append(path)
        return Usage(10**10, 0, 2_500_000)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    check_free_space(tmp_path, 2_500_000, "a thing", "Write less.")
    with pytest.raises(
        OSError, match="small for a thing. Write less."
    ) as error:
        check_free_space(tmp_path, 2_600_000, "a thing", "Write less.")
    assert "2.5 MB free, 2.6 MB needed" in str(error.value)
    assert asked == [tmp_path, tmp_path]
