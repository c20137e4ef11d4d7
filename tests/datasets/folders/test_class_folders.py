import tracemalloc

import numpy as np
import pytest
from support.pictures import write_picture

from keras_tgdd.datasets.folders.class_folders import check_size
from keras_tgdd.datasets.folders.class_folders import files_of_classes
from keras_tgdd.datasets.folders.class_folders import read_parts
from keras_tgdd.datasets.folders.class_folders import some_of

# No backend takes part.
pytestmark = pytest.mark.once


@pytest.mark.parametrize("grey_first", [0, 30])
def test_images_lie_in_memory_once(tmp_path, grey_first):
    for number in range(60):
        path = tmp_path / "a" / f"{number:02d}.png"
        color = (number, 100, 200)
        if number < grey_first:
            write_picture(path, number, mode="L")
        else:
            write_picture(path, color)
    files = files_of_classes(tmp_path, ["a"])
    tracemalloc.start()
    ((x, y),) = read_parts([(tmp_path, files)], ["a"], (64, 64), verbose=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert x.shape == (60, 64, 64, 3) and y.tolist() == [0] * 60
    np.testing.assert_array_equal(x[:, 0, 0, 0], np.arange(60))
    # One channel of all until the first coloured image, then three.
    assert peak < 1.5 * x.nbytes


def test_sizes():
    assert check_size(8) == check_size(np.int64(8)) == (8, 8)
    assert check_size([4, 6]) == (4, 6)
    for wrong in (0, True, 8.0, "8", (8,), (8, 8.5)):
        with pytest.raises(ValueError, match="image_size="):
            check_size(wrong)


def test_long_lists_are_cut():
    names = [str(number) for number in range(21)]
    assert some_of(names[:3]) == "0, 1, 2"
    assert some_of(names[:20]).endswith(", 18, 19")
    assert some_of(names, " ").endswith(" 18 19 and 1 more")
