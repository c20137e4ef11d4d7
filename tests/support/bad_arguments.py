"""What people pass by mistake; adds to `bad_cases.CASES`."""

import keras
import numpy as np

import keras_tgdd
from keras_tgdd import Normalization
from keras_tgdd import TrajectoryRecorder
from keras_tgdd import methods
from keras_tgdd.datasets import from_arrays
from keras_tgdd.datasets import load
from keras_tgdd.evaluation import select_images
from keras_tgdd.layers import SyntheticImages
from support.bad_cases import case
from support.bad_cases import table
from support.networks import small_network


def _distill(good, data=None, images_per_class=1, method="tgdd", **kwargs):
    arguments = {
        "network": small_network,
        "directory": good.place / "experts",
        "verbose": 0,
        **kwargs,
    }
    data = (good.x, good.y) if data is None else data
    keras_tgdd.distill(data, images_per_class, method, **arguments)


def _train_experts(good, data=None, **kwargs):
    arguments = {
        "network": small_network,
        "num_experts": 1,
        "epochs": 1,
        "directory": good.place / "experts",
        "verbose": 0,
        **kwargs,
    }
    keras_tgdd.train_experts(
        (good.x, good.y) if data is None else data, **arguments
    )


def _floats(good, value):
    x = good.x / np.float32(255)
    x[0, 0, 0, 0] = value
    return x


table(
    [
        ("a list", lambda g: g.x.tolist(), "NumPy array", TypeError),
        ("no last axis", lambda g: g.x[..., 0], r"`x\[..., None\]`"),
        ("one image", lambda g: g.x[0], r"must have shape \(n, height"),
        ("no image", lambda g: g.x[:0], "no axis of length 0"),
        ("images of no width", lambda g: g.x[:, :, :0], "no axis of length"),
        ("integers", lambda g: g.x.astype(int), "be uint8", TypeError),
        ("truth values", lambda g: g.x > 99, "be uint8", TypeError),
        ("complex numbers", lambda g: g.x * 1j, "be uint8", TypeError),
        ("objects", lambda g: g.x.astype(object), "be uint8", TypeError),
        ("floats to 255", lambda g: g.x * 1.0, "Divide by 255"),
        ("normalized floats", lambda g: g.x / 99 - 1, "normalization is"),
        ("a NaN", lambda g: _floats(g, np.nan), "NaN or infinity"),
        ("an infinity", lambda g: _floats(g, np.inf), "NaN or infinity"),
        (
            "a file name beside labels",
            lambda g: "photos",
            "Received: x of type str",
            TypeError,
        ),
    ],
    lambda good, make: _distill(good, (make(good), good.y)),
)
table(
    [
        ("labels as floats", lambda y: y * 1.0, "integer labels", TypeError),
        (
            "one-hot labels",
            lambda y: np.eye(3)[y],
            r"y.argmax\(-1\)",
            TypeError,
        ),
        ("labels as names", lambda y: y.astype(str), "integer", TypeError),
        ("labels as a list", lambda y: y.tolist(), "integer", TypeError),
        ("a label too few", lambda y: y[1:], r"shape \(18,\)"),
        ("labels in a column", lambda y: y[:, None], r"shape \(18,\)"),
        ("a class left out", lambda y: y * 2, r"no images of class \[1, 3\]"),
        ("a negative label", lambda y: y - 1, "min=-1"),
    ],
    lambda good, make: _distill(good, (good.x, make(good.y))),
)
table(
    [
        ("no images a class", {"images_per_class": 0}, "positive integer"),
        ("half an image", {"images_per_class": 0.5}, "positive integer"),
        ("True images", {"images_per_class": True}, "positive integer"),
        (
            "numbers for 2 of 3 classes",
            {"images_per_class": [1, 2]},
            "Received: 2",
        ),
        (
            "a class without a number",
            {"images_per_class": {0: 1, 1: 1}},
            "labels 0 to 2",
        ),
        ("negative steps", {"steps": -1}, "`steps` must be a positive"),
        ("an unknown method", {"method": "best"}, "`method` must be one of"),
        ("a negative seed", {"seed": -1}, "`seed` must be an integer"),
        ("a seed that is a float", {"seed": 0.5}, "`seed` must be an integer"),
        (
            "a method that is a class",
            {"method": methods.TGDD},
            r"methods.TGDD\(\)`. Received: the class TGDD",
            TypeError,
        ),
        (
            "summaries of random networks",
            {"method": "dm", "cache_summaries": True},
            "`cache_summaries=True` needs",
        ),
    ],
    lambda good, kwargs: _distill(good, **kwargs),
)
table(
    [
        ("factor 0", {"factor": 0}, "`factor` must be a positive"),
        ("factor beyond the side", {"factor": 9}, "larger than a side"),
        ("no sample", {"samples_per_class": 0}, "`samples_per_class`"),
        ("a start of no method", {"start": "best"}, "`start` must be one of"),
        ("a NaN weight", {"constraint_weight": np.nan}, "finite number"),
        ("a negative weight", {"constraint_weight": -1.0}, "of at least 0"),
        ("a rate of 0", {"learning_rate": 0.0}, "`learning_rate` must be a"),
        ("a momentum of 1", {"momentum": 1.0}, "`momentum` must lie in"),
        ("an unknown operation", {"augmentation": ("blur",)}, "blur"),
        (
            "a setting of no method",
            {"recipe": "best"},
            "unexpected keyword argument 'recipe'",
            TypeError,
        ),
    ],
    lambda good, fields: _distill(good, method=methods.TGDD(**fields)),
)
table(
    [
        (
            "two names for three",
            lambda: {"class_names": ("a", "b")},
            "one name per class, 3",
        ),
        (
            "names in one string",
            lambda: {"class_names": "abc"},
            "must be a sequence of strings",
            TypeError,
        ),
        (
            "a mean for other channels",
            lambda: {"normalization": Normalization([0.1, 0.2], [1, 1])},
            "each of 1 channels",
        ),
        (
            "a mean in words",
            lambda: {"normalization": Normalization("cifar10")},
            "one finite number",
        ),
        (
            "std 0",
            lambda: {"normalization": Normalization(std=0.0)},
            "`std` must be positive",
        ),
        (
            "a normalization in words",
            lambda: {"normalization": "cifar10"},
            "must be a `keras_tgdd.Normalization`",
            TypeError,
        ),
    ],
    lambda good, make: _distill(good, from_arrays(good.x, good.y, **make())),
)
table(
    [
        ("no expert", {"num_experts": 0}, "`num_experts`"),
        ("no epoch", {"epochs": 0}, "`epochs`"),
        ("half an epoch", {"epochs": 1.5}, "`epochs` must be a positive"),
        ("an unknown precision", {"dtype_policy": "float12"}, "float12"),
    ],
    lambda good, kwargs: _train_experts(good, **kwargs),
)


@case("labels beside a data set", ValueError, "brings its labels")
def _(good):
    _distill(good, (load("digits"), good.y))


@case("a file name", TypeError, "`data` must be a pair.*Received: str")
def _(good):
    _distill(good, "photos")


@case("labels missing", TypeError, r"pass the pair \(x, y\)")
def _(good):
    _distill(good, good.x)


@case("experts and a network", ValueError, "leave one of the two out")
def _(good):
    _distill(good, experts=good.experts)


@case("experts by their folder", TypeError, "must be `ExpertTrajectories`")
def _(good):
    _distill(good, experts=good.files / "experts", network=None)


@case("test images of another shape", ValueError, "must have shape")
def _(good):
    _train_experts(good, validation_data=(good.x[:, 1:], good.y))


@case("a directory that is a file", OSError, "Cannot write to directory")
def _(good):
    (good.place / "file").write_text("kept")
    _distill(good, directory=good.place / "file")


@case("a network for other classes", ValueError, "to 3 classes")
def _(good):
    _distill(good, network=lambda shape, n: small_network(shape, n + 1))


@case("a network that is none", ValueError, "functional or sequential")
def _(good):
    _distill(good, network=lambda shape, num_classes: None)


@case("a network without a dense layer", ValueError, "feature_layer=")
def _(good):
    def without_dense(shape, num_classes):
        inputs = keras.Input(shape)
        x = keras.layers.Conv2D(num_classes, 3, data_format="channels_last")
        pool = keras.layers.GlobalAveragePooling2D(data_format="channels_last")
        return keras.Model(inputs, pool(x(inputs)))

    _distill(good, network=without_dense)


def _evaluate(good, x_test=None, y_test=None, distilled=None, **kwargs):
    if distilled is None:
        distilled = (good.x, good.y)
    test_data = (
        good.x if x_test is None else x_test,
        good.y if y_test is None else y_test,
    )
    arguments = {"network": small_network, "verbose": 0, **kwargs}
    keras_tgdd.evaluate(distilled, test_data, **arguments)


table(
    [
        ("an unknown protocol", {"protocol": "best"}, "Received: .*'best'"),
        ("no run", {"num_runs": 0}, "`num_runs`"),
        ("an unknown network", {"network": "ResNet9"}, "ResNet9"),
        ("tests that do not divide", {"test_every": 7}, "must divide"),
        (
            "soft labels of none",
            {"soft_labels": True},
            r"relabel\(distilled, experts\)",
        ),
        (
            "soft labels as an array",
            {"soft_labels": np.eye(3)},
            "must be True or False",
            TypeError,
        ),
        ("test labels of no class", {"y_test": np.full(18, 3)}, r"in \[0, 3\)"),
        (
            "another set as test",
            {"x_test": np.zeros((18, 9, 9, 1))},
            "have shape",
        ),
        (
            "a path to evaluate",
            {"distilled": "d.safetensors"},
            "Received: str",
            TypeError,
        ),
        (
            "runs in no folder",
            {"filepath": "/no/where/runs.json"},
            "that exists",
            FileNotFoundError,
        ),
    ],
    lambda good, kwargs: _evaluate(good, **kwargs),
)


@case("finished runs that are no JSON", ValueError, "is damaged, or holds")
def _(good):
    path = good.place / "runs.json"
    path.write_text('{"format": "keras_tgdd.finished_runs", "ident')
    _evaluate(good, filepath=path)


@case("experts for other images", ValueError, "same image shape")
def _(good):
    good.trainer((9, 9, 1))


@case("experts for other classes", ValueError, "same number of classes")
def _(good):
    good.trainer(num_classes=4)


table(
    [
        ("a region of 0", {"region": 0}, "`region` must be a positive"),
        ("nothing decoded", {"max_decoded": 0}, "`max_decoded`"),
        ("a constraint of yes", {"constraint": True}, "or None", TypeError),
        (
            "two names for three synthetic classes",
            {"class_names": ("a", "b")},
            "one name per class, 3",
        ),
        (
            "chunks of 0 classes",
            {"classes_per_chunk": 0},
            "`classes_per_chunk`",
        ),
    ],
    lambda good, kwargs: good.trainer(**kwargs),
)
table(
    [
        ("no epochs", {"epochs": 0}, "`epochs` must be a positive"),
        ("no steps", {"steps_per_epoch": 0}, "`steps_per_epoch`"),
        ("epochs in words", {"epochs": "all"}, "`epochs` must be a positive"),
        (
            "batches of a distillation",
            {"batch_size": 9},
            "takes no `batch_size`.*`samples_per_class`",
            TypeError,
        ),
        (
            "a word of no argument",
            {"iterations": 9},
            "`fit` takes x, y, epochs.*iterations=9",
            TypeError,
        ),
    ],
    lambda good, kwargs: good.trainer().fit(good.x, good.y, **kwargs),
)
table(
    [
        ("an unknown start", {"mode": "zeros"}, "`mode` must be one of"),
        (
            "a start from other images",
            {"x": np.zeros((1, 9, 9, 1))},
            "have shape",
        ),
    ],
    lambda good, kwargs: SyntheticImages(3, 1, (8, 8, 1)).adapt(
        **{"x": good.x, "y": good.y, **kwargs}
    ),
)
table(
    [
        (
            "an unknown selection",
            {"selection": "best"},
            "`selection` must be one",
        ),
        (
            "features of other images",
            {"features": np.zeros((3, 2))},
            "3 rows for 18",
        ),
    ],
    lambda good, kwargs: select_images((good.x, good.y), 1, **kwargs),
)


@case("a recorder for two channels", ValueError, "each of 1 channels")
def _(good):
    TrajectoryRecorder(
        good.place / "e",
        normalization=Normalization([0.1, 0.2], [1, 1]),
        network=small_network((8, 8, 1), 3),
    )


@case("an unknown data set", ValueError, "There is no data set of that name")
def _(good):
    load("cifar11", data_dir=good.place)


@case("a data set that is a path", ValueError, "There is no data set")
def _(good):
    load("../../etc/passwd", data_dir=good.place)
