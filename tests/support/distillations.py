"""Small distillations, for the tests of everything that takes part in one."""

from keras import ops

from keras_tgdd import DistillationTrainer
from keras_tgdd.layers import SyntheticImages


def make(
    experts,
    data,
    images_per_class=1,
    factor=2,
    *,
    optimizer=None,
    jit_compile=None,
    **changes,
):
    """A compiled trainer of three classes of 8 x 8 pixels.

    Args:
        experts: `Trajectory`.
        data: pair of images and labels, from which mosaics start.
        images_per_class: int or sequence of ints.
        factor: int.
        optimizer: Keras optimizer, its name, or `None`.
        jit_compile: as in `DistillationTrainer.compile`.
        **changes: other arguments of `DistillationTrainer`.
    """
    synthetic = SyntheticImages(3, images_per_class, (8, 8, 2), factor)
    synthetic.adapt(*data, seed=0)
    arguments = {"samples_per_class": 4, "seed": 5, **changes}
    trainer = DistillationTrainer(synthetic, experts, **arguments)
    trainer.compile(optimizer, jit_compile=jit_compile)
    return trainer


def fit(trainer, data, *callbacks, epochs=3, steps_per_epoch=4, verbose=0):
    """Fits a trainer, three epochs of four steps unless told otherwise.

    Args:
        trainer: `DistillationTrainer`.
        data: tuple or list of the first arguments of `fit`; anything else is
            its first argument.
        *callbacks: callbacks of `fit`.
        epochs: as in `fit`.
        steps_per_epoch: as in `fit`.
        verbose: as in `fit`.
    """
    given = data if isinstance(data, (tuple, list)) else (data,)
    return trainer.fit(
        *given,
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
        callbacks=list(callbacks),
        verbose=verbose,
    )


def make_steps(trainer, data, steps=5, *callbacks):
    """Makes a number of steps, as one epoch."""
    return fit(trainer, data, *callbacks, epochs=1, steps_per_epoch=steps)


def pixels(trainer):
    """A copy of the weight of synthetic images."""
    return ops.convert_to_numpy(trainer.synthetic.images.value).copy()


def real_images(data, per_class=4):
    """The first real images of each class, `(n_classes, per_class, ...)`."""
    x, y = data
    return x[[(y == label).nonzero()[0][:per_class] for label in range(3)]]
