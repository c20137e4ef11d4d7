"""Small data, networks and files for the code of the README and docstrings.

The code runs as it stands: all arguments and all defaults of functions are
those that a reader gets. It is fast because the data, networks and experts of
this module are small. Two constants of the package are changed while it runs,
by `shorten_defaults`:

- the network that `distill` and `evaluate` build where none is given is
  `pooled_network`, not `ConvNet`;
- the protocol `"tgdd"` trains for 2 epochs, not for 1500.
"""

import ast
import contextlib
import functools
import sys

import keras
import numpy as np
from PIL import Image

import keras_tgdd
from keras_tgdd.datasets.folders import imagenet_subsets
from keras_tgdd.evaluation import evaluation_task
from keras_tgdd.evaluation import protocols
from keras_tgdd.evaluation import select_images
from keras_tgdd.synthetic import formats
from support.pictures import write_picture

# The function of this name hides its module.
_DISTILL = sys.modules["keras_tgdd.methods.distill"]

PHOTOS, DISTILLED = "photos", "distilled.safetensors"


def pooled_network(input_shape, num_classes):
    """Builds a classifier that takes microseconds per image."""
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.AveragePooling2D(4, data_format="channels_last"),
            keras.layers.Flatten(data_format="channels_last"),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(num_classes),
        ]
    )


def shorten_defaults(monkeypatch):
    """Changes the two constants that the docstring of this module names."""
    for module in (_DISTILL, evaluation_task):
        monkeypatch.setattr(module, "ConvNet", pooled_network)
    short = protocols.get_protocol("tgdd", epochs=2)
    monkeypatch.setitem(protocols._PROTOCOLS, "tgdd", short)


@contextlib.contextmanager
def jax_optimizations(enabled):
    """Turns most optimizations of JAX on or off.

    Many programs that run a few steps are faster without, few programs that
    run thousands of steps with them.
    """
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    option = "jax_disable_most_optimizations"
    former = jax.config.read(option)
    jax.config.update(option, not enabled)
    yield
    jax.config.update(option, former)


def names_in(code):
    """Returns the names that a piece of code reads or writes."""
    tree = ast.parse(code)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


class Prepared:
    """Small values under the names that examples use.

    A value is created when it is first asked for.

    Args:
        directory: path, where an example runs and finds its files.
        image_shape: `(height, width, channels)`.
        num_classes: int.
        experts_directory: path where experts are kept for other examples with
            the same images. `None` keeps them in `directory`.
    """

    keras, np, keras_tgdd, formats = keras, np, keras_tgdd, formats
    build_network = staticmethod(pooled_network)

    def __init__(
        self,
        directory,
        image_shape=(8, 8, 1),
        num_classes=3,
        experts_directory=None,
    ):
        self._directory = directory
        self._experts_directory = experts_directory or directory / "prepared"
        self._generator = np.random.default_rng(5)
        self.image_shape, self.num_classes = image_shape, num_classes
        self.y_train = np.repeat(np.arange(num_classes), 6)
        self.x_train = self._images(self.y_train)
        self.y_test = np.repeat(np.arange(num_classes), 2)
        self.x_test = self._images(self.y_test)
        self.x, self.y = self.x_train, self.y_train

    def namespace(self, code):
        """Returns the prepared values that a piece of code names."""
        names = {n for n in names_in(code) if not n.startswith("_")}
        return {n: getattr(self, n) for n in names if hasattr(self, n)}

    def write_files(self):
        """Writes a folder of photographs and a distilled set."""
        for label in range(self.num_classes):
            folder = self._directory / PHOTOS / f"class_{label}"
            folder.mkdir(parents=True)
            for number, pixels in enumerate(self._images([label] * 5, 3)):
                Image.fromarray(pixels).save(folder / f"{number}.jpg")
        self.distilled.save(self._directory / DISTILLED)

    def write_imagenet(self):
        """Writes one image per class of a subset of ImageNet."""
        for root in ("imagenet", "tiny-imagenet-200"):
            for part in ("train", "val"):
                for wnid in imagenet_subsets.SUBSETS["fruit"]:
                    folder = self._directory / root / part / wnid
                    write_picture(folder / "1.JPEG", "orange")

    def _images(self, labels, channels=None):
        """Returns random pixels; classes differ in brightness."""
        shape = (*self.image_shape[:2], channels or self.image_shape[2])
        level = 150 * np.array(labels) // self.num_classes
        noise = self._generator.integers(0, 100, (len(labels), *shape))
        return np.uint8(noise + level[:, None, None, None])

    def _features(self, count):
        shape = (self.num_classes, count, 6)
        return self._generator.normal(size=shape).astype("float32")

    @functools.cached_property
    def images(self):
        """Two images per class, in [0, 1]."""
        pixels = self._images(np.repeat(np.arange(self.num_classes), 2))
        pixels = pixels.reshape((self.num_classes, 2, *self.image_shape))
        return pixels / np.float32(255)

    @property
    def batches(self):
        """The real images in two batches."""
        return [self.x_train[:6], self.x_train[6:]]

    @property
    def dataset(self):
        """Batches as `ImageStream` reads them."""
        return lambda: iter([(self.x_train, self.y_train)])

    @property
    def data(self):
        return keras_tgdd.datasets.from_arrays(self.x, self.y)

    @property
    def stream(self):
        return keras_tgdd.datasets.ImageStream(self.dataset, self.num_classes)

    @property
    def real(self):
        return self.images

    @property
    def synthetic(self):
        return self.images[:, :1]

    @property
    def real_features(self):
        return self._features(5)

    @property
    def synthetic_features(self):
        return self._features(2)

    @property
    def logits(self):
        return self._features(2)[..., : self.num_classes]

    @functools.cached_property
    def network(self):
        """A compiled classifier."""
        network = pooled_network(self.image_shape, self.num_classes)
        network.compile(
            "sgd",
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=keras.backend.backend() != "torch",
        )
        return network

    @property
    def model(self):
        return self.network

    @property
    def teacher(self):
        """A classifier that returns probabilities."""
        return keras.Sequential([self.network, keras.layers.Softmax()])

    @functools.cached_property
    def experts(self):
        return keras_tgdd.train_experts(
            self.data,
            pooled_network,
            num_experts=1,
            epochs=2,
            directory=self._experts_directory,
            verbose=0,
        )

    @functools.cached_property
    def trainer(self):
        synthetic = keras_tgdd.layers.SyntheticImages(
            self.num_classes, 1, self.image_shape
        )
        synthetic.adapt(self.x_train, self.y_train, seed=0)
        return keras_tgdd.DistillationTrainer(synthetic, self.experts, seed=0)

    @functools.cached_property
    def distilled(self):
        return select_images(self.data, 2)

    @functools.cached_property
    def random(self):
        return select_images(self.data, 2, seed=1)
