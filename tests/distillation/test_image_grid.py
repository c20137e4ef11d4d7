import io
import sys
import time

import keras
import numpy as np
import pytest
from PIL import Image
from support import distillations
from support.crashes import Crash
from support.crashes import Stop
from support.distillations import fit
from support.distillations import make_steps

from keras_tgdd import DistillationCheckpoint
from keras_tgdd import ImageGrid


def make(experts, data):
    optimizer = keras.optimizers.SGD(1.0)
    return distillations.make(experts, data, optimizer=optimizer)


def test_draws_at_the_start_on_the_way_and_at_the_end(
    experts, small_data, tmp_path
):
    trainer = make(experts, small_data)
    grid = ImageGrid(tmp_path / "pictures", every=4)
    make_steps(trainer, small_data, 6, grid)
    names = sorted(path.name for path in grid.directory.iterdir())
    assert names == [f"step_{n:06d}.png" for n in (0, 4, 6)]
    first, middle, last = (
        np.asarray(Image.open(grid.directory / name).convert("L"))
        for name in names
    )
    assert np.any(first != middle) and np.any(middle != last)
    trainer.distilled_dataset().to_grid(tmp_path / "now.png")
    now = np.asarray(Image.open(tmp_path / "now.png").convert("L"))
    np.testing.assert_array_equal(last, now)
    make_steps(trainer, small_data, 2, grid)
    names = sorted(path.name for path in grid.directory.iterdir())
    assert names == [f"step_{n:06d}.png" for n in (0, 4, 6, 8)]


def test_bad_arguments_are_refused(tmp_path):
    with pytest.raises(ValueError, match="every=0"):
        ImageGrid(tmp_path, every=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        ImageGrid(tmp_path / "file")


def read_log(directory):
    """Steps and pictures that were written for TensorBoard."""
    accumulators = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    accumulator = accumulators.EventAccumulator(str(directory), {"images": 0})
    accumulator.Reload()
    if "synthetic_images" not in accumulator.Tags()["images"]:
        return {}
    return {
        event.step: np.asarray(
            Image.open(io.BytesIO(event.encoded_image_string))
        )
        for event in accumulator.Images("synthetic_images")
    }


def test_the_pictures_are_written_for_tensorboard(
    experts, small_data, tmp_path
):
    pytest.importorskip("tensorboardX")
    trainer = make(experts, small_data)
    grid = ImageGrid(tmp_path / "pictures", every=4, log_dir=tmp_path / "log")
    make_steps(trainer, small_data, 6, grid)
    make_steps(trainer, small_data, 2, grid)
    logged = read_log(tmp_path / "log" / "images")
    assert sorted(logged) == [0, 4, 6, 8]
    for step, pixels in logged.items():
        with Image.open(grid.directory / f"step_{step:06d}.png") as drawn:
            np.testing.assert_array_equal(pixels, drawn.convert("RGB"))


def wait_for(directory, step):
    """Pictures are written by a thread, within a second."""
    for _ in range(100):
        if step in read_log(directory):
            return
        time.sleep(0.1)
    raise AssertionError(step)


def test_what_was_written_before_a_failure_is_kept(
    experts, small_data, tmp_path
):
    pytest.importorskip("tensorboardX")
    path = tmp_path / "state.safetensors"

    def fit_with(*callbacks):
        fit(
            make(experts, small_data),
            small_data,
            DistillationCheckpoint(path, seconds=0),
            ImageGrid(tmp_path, every=4, log_dir=tmp_path / "log"),
            *callbacks,
            epochs=2,
            steps_per_epoch=7,
        )

    with pytest.raises(Stop):
        fit_with(Crash(6))
    wait_for(tmp_path / "log" / "images", 4)
    fit_with()
    logged = read_log(tmp_path / "log" / "images")
    # Step 7 ends an epoch, no training: callbacks see one `fit`.
    assert sorted(logged) == [0, 4, 6, 8, 12, 14]


def test_where_tensorboardx_is_missing_the_remedy_is_named(
    tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match=r"keras-tgdd\[tensorboard\]"):
        ImageGrid(tmp_path, log_dir=tmp_path / "log")
    assert ImageGrid(tmp_path).log_dir is None
