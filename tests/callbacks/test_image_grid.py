import keras
import numpy as np
import pytest
from PIL import Image

import keras_tgdd
from keras_tgdd.callbacks import ImageGrid


def make(experts, data):
    synthetic = keras_tgdd.layers.SyntheticImages(3, 1, (8, 8, 2), factor=2)
    synthetic.adapt(*data, seed=0)
    trainer = keras_tgdd.DistillationTrainer(
        synthetic, experts, samples_per_class=4
    )
    trainer.compile(keras.optimizers.SGD(1.0), jit_compile=False)
    return trainer


def fit(trainer, data, steps, callback):
    trainer.fit(*data, steps_per_epoch=steps, callbacks=[callback], verbose=0)


def test_draws_at_the_start_on_the_way_and_at_the_end(
    experts, small_data, tmp_path
):
    trainer = make(experts, small_data)
    grid = ImageGrid(tmp_path / "pictures", every=4)
    fit(trainer, small_data, 6, grid)
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
    fit(trainer, small_data, 2, grid)
    names = sorted(path.name for path in grid.directory.iterdir())
    assert names == [f"step_{n:06d}.png" for n in (0, 4, 6, 8)]


def test_bad_arguments_are_refused(tmp_path):
    with pytest.raises(ValueError, match="every=0"):
        ImageGrid(tmp_path, every=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        ImageGrid(tmp_path / "file")
