"""What the reader of an example takes for granted: data, networks, files.

An example runs with the names that it uses and that stand here, made when they
are asked for. What it does with them is small because they are.
"""

import ast
import contextlib
import functools
import inspect

import keras
import numpy as np
from PIL import Image

import keras_tgdd
from keras_tgdd.datasets.folders import imagenet_subsets
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.evaluation import random_images
from support.pictures import write_picture

PHOTOS, DISTILLED = "photos", "distilled.safetensors"


def pooled_network(input_shape, num_classes):
    """A network that is done with an image in no time."""
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
    """What an example leaves open takes seconds, not hours.

    Nothing else is changed: what an example states, it gets.
    """
    changes = {
        keras_tgdd.distill: {
            "network_fn": pooled_network,
            "images_per_class": 1,
            "expert_epochs": 2,
            "iterations": 3,
            "samples_per_class": 4,
        },
        keras_tgdd.evaluate: {
            "network_fn": pooled_network,
            "protocol": get_protocol("tgdd", epochs=2),
        },
        keras_tgdd.DistillationTrainer.__init__: {"samples_per_class": 4},
        keras_tgdd.ExpertTrajectories.summarize: {"samples_per_class": 4},
    }
    for function, changed in changes.items():
        defaults = {
            parameter.name: parameter.default
            for parameter in inspect.signature(function).parameters.values()
            if parameter.default is not parameter.empty
        }
        assert changed.keys() <= defaults.keys()
        shortened = tuple({**defaults, **changed}.values())
        monkeypatch.setattr(function, "__defaults__", shortened)


@contextlib.contextmanager
def quick_compilation():
    """JAX compiles a dozen of programs for one network, and none for long."""
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    option = "jax_disable_most_optimizations"
    former = jax.config.read(option)
    jax.config.update(option, True)
    yield
    jax.config.update(option, former)


def names_in(code):
    """Names that a piece of code reads or writes."""
    tree = ast.parse(code)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


class Prepared:
    """Small things by the names that examples call them.

    Args:
        directory: path, where an example runs and finds its files.
        image_shape: `(height, width, channels)`.
        num_classes: int.
        experts_directory: path where experts are kept, to be found by others
            of the same images; `None` keeps them in `directory`.
    """

    keras, np, keras_tgdd = keras, np, keras_tgdd
    network_fn = staticmethod(pooled_network)

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
        """The names of a piece of code that are prepared."""
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
        """Writes one image of every class of a part of ImageNet, by id."""
        for root in ("imagenet", "tiny-imagenet-200"):
            for part in ("train", "val"):
                for wnid in imagenet_subsets.SUBSETS["fruit"]:
                    folder = self._directory / root / part / wnid
                    write_picture(folder / "1.JPEG", "orange")

    def _images(self, labels, channels=None):
        """Random pixels, told apart by brightness."""
        shape = (*self.image_shape[:2], channels or self.image_shape[2])
        level = 150 * np.array(labels) // self.num_classes
        noise = self._generator.integers(0, 100, (len(labels), *shape))
        return np.uint8(noise + level[:, None, None, None])

    def _features(self, count):
        shape = (self.num_classes, count, 6)
        return self._generator.normal(size=shape).astype("float32")

    @functools.cached_property
    def images(self):
        """Two of each class, in [0, 1]."""
        pixels = self._images(np.repeat(np.arange(self.num_classes), 2))
        pixels = pixels.reshape((self.num_classes, 2, *self.image_shape))
        return pixels / np.float32(255)

    @property
    def batches(self):
        """Real images, some at a time."""
        return [self.x_train[:6], self.x_train[6:]]

    @property
    def dataset(self):
        """Batches of a user's, as `ImageStream` reads them."""
        return lambda: iter([(self.x_train, self.y_train)])

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

    @functools.cached_property
    def experts(self):
        return keras_tgdd.train_experts(
            pooled_network,
            self.x_train,
            self.y_train,
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
        return random_images(self.x_train, self.y_train, 2)

    @functools.cached_property
    def random(self):
        return random_images(self.x_train, self.y_train, 2, seed=1)
