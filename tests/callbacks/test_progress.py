import keras
import numpy as np
import pytest

from keras_tgdd.callbacks import Progress


def fit(progress, epochs=2, initial_epoch=0):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(
        np.ones((6, 2)),
        np.ones((6, 1)),
        batch_size=2,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=[progress],
        verbose=0,
    )


@pytest.mark.parametrize("initial_epoch", [0, 1])
def test_one_bar_spans_all_epochs(capsys, initial_epoch):
    fit(Progress("expert 1/5"), initial_epoch=initial_epoch)
    shown = capsys.readouterr().err
    assert "expert 1/5" in shown and "6/6" in shown and "loss=" in shown


def test_silent(capsys):
    fit(Progress("expert", verbose=0))
    assert capsys.readouterr().err == ""
