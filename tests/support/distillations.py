"""A distillation of three epochs of four steps, for what watches it."""

from keras import ops

import keras_tgdd


def make(experts, data):
    synthetic = keras_tgdd.layers.SyntheticImages(3, 1, (8, 8, 2), factor=2)
    synthetic.adapt(*data, seed=0)
    trainer = keras_tgdd.DistillationTrainer(
        synthetic, experts, samples_per_class=4, seed=5
    )
    trainer.compile()
    return trainer


def fit(trainer, data, *callbacks):
    return trainer.fit(
        *data,
        epochs=3,
        steps_per_epoch=4,
        callbacks=list(callbacks),
        verbose=0,
    )


def pixels(trainer):
    return ops.convert_to_numpy(trainer.synthetic.images.value)
