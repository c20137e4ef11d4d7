"""Parts of a distillation as users write them."""

import keras
import numpy as np
from keras import ops

from keras_tgdd.datasets.training_data import as_training_data
from keras_tgdd.distillation import DistillationStep
from keras_tgdd.distillation import StepBatches
from keras_tgdd.distillation import StepSource
from keras_tgdd.synthetic import Parameterization


@keras.saving.register_keras_serializable(package="tests")
class Sketches(Parameterization):
    """Images as `sigmoid(gain * lines)`.

    The state is two variables, neither of which is pixels; one of them has no
    axis of classes.
    """

    def __init__(self, *arguments, **kwargs):
        super().__init__(*arguments, **kwargs)
        places = np.arange(self.counts.max())
        self._all = ops.convert_to_tensor(places % self.counts[:, None])
        self.build()

    def build(self, input_shape=None):
        shape = (self.num_classes, int(self.counts.max()), *self.image_shape)
        self.lines = self.add_weight(
            shape=shape, dtype="float32", autocast=False, name="lines"
        )
        self.gain = self.add_weight(
            shape=(1,),
            initializer="ones",
            dtype="float32",
            autocast=False,
            name="gain",
        )
        self.built = True

    def call(self, selection=None):
        images = ops.sigmoid(self.gain * self.lines)
        if selection is None:
            selection = self._all
        index = ops.cast(selection, "int32")[:, :, None, None, None]
        return ops.take_along_axis(images, index, axis=1)

    def adapt(self, x=None, y=None, mode="noise", seed=0):
        generator = np.random.default_rng(seed)
        self.lines.assign(generator.normal(size=tuple(self.lines.shape)))
        self.gain.assign([1.0])

    @property
    def decoded_counts(self):
        return self.counts

    def stored_images(self):
        places = np.arange(self.counts.max()) < self.counts[:, None]
        return ops.convert_to_numpy(self())[places]


class TargetBatches(StepBatches):
    """One real image of each class for each step."""

    def __init__(self, parts, data, **steps):
        super().__init__(parts, **steps)
        self.data = data

    def __getitem__(self, index):
        generator = self.draws.generator(0, self.first_step + index)
        chosen = [
            generator.choice(np.flatnonzero(self.data.y == label))
            for label in range(self.data.num_classes)
        ]
        images = self.data.x[chosen] / np.float32(255)
        return ({"target": images, **self.select(generator)},)

    def describe(self, index):
        return f"target {self.first_step + index}"


class TargetSteps(StepSource):
    """Makes `TargetBatches`."""

    real_per_class = 1

    def __init__(self, parts, data):
        super().__init__(parts)
        self.data = data

    @property
    def identity(self):
        return self.data.fingerprint()

    def steps(self, first_step, num_steps, holding_out=False):
        return TargetBatches(
            self.parts,
            self.data,
            seed=self.parts.seed,
            first_step=first_step,
            num_steps=num_steps,
        )

    def held_out(self):
        return TargetBatches(
            self.parts,
            self.data,
            seed=[self.parts.seed, 1],
            first_step=0,
            num_steps=2,
        )


class PixelStep(DistillationStep):
    """Pulls pixels to real ones and towards grey; reads no features."""

    loss_names = ("pull", "grey")

    def source(self, data):
        return TargetSteps(self.parts, as_training_data(data))

    @property
    def loss_weights(self):
        return {"grey": 0.25}

    def losses(self, inputs):
        images = self.parts.synthetic(inputs.get("selection"))
        gap = images - ops.expand_dims(inputs["target"], 1)
        return {
            "pull": ops.sum(ops.square(gap), axis=(1, 2, 3, 4)),
            "grey": ops.sum(ops.square(images - 0.5), axis=(1, 2, 3, 4)),
        }
