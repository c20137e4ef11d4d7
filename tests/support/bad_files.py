"""Folders and files that are broken, foreign or hostile; adds to
`bad_cases.CASES`."""

import json
import pathlib
import pickle

import numpy as np

from keras_tgdd import DistillationCheckpoint
from keras_tgdd import DistilledDataset
from keras_tgdd import ExpertTrajectories
from keras_tgdd import Summaries
from keras_tgdd.datasets import from_directory
from keras_tgdd.storage.tensor_file import TensorFile
from keras_tgdd.storage.tensor_file import write_tensors
from support.bad_cases import case
from support.bad_cases import table
from support.hostile import header_of_promises


def _pictures(good, *names, content=b"no image"):
    for name in names:
        path = good.place / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return good.place / "photos"


@case("a folder that is not there", FileNotFoundError, "which is no directory")
def _(good):
    from_directory(good.place / "photos")


@case("a folder of one class", ValueError, r"Received: the folders \['cats'\]")
def _(good):
    from_directory(_pictures(good, "cats/a.png"))


@case("pictures that are none", ValueError, "too few in")
def _(good):
    from_directory(_pictures(good, "cats/a.png", "dogs/a.jpg"), verbose=0)


@case(
    "other classes in the test part", ValueError, "must have the same classes"
)
def _(good):
    names = ("train/a/1.png", "train/b/1.png", "test/a/1.png", "test/c/1.png")
    from_directory(_pictures(good, *names))


table(
    [
        ("pictures of no size", {"image_size": 0}, "`image_size` must be"),
        ("pictures of three sizes", {"image_size": (1, 2, 3)}, "int or"),
        ("all held out", {"test_fraction": 1.0}, "between 0 and 1"),
    ],
    lambda good, kwargs: from_directory(
        _pictures(good, "a/1.png", "b/1.png"), **kwargs
    ),
)


def _flip(position):
    def change(content):
        spoilt = bytearray(content)
        spoilt[position] ^= 4
        return bytes(spoilt)

    return change


class _Hostile:
    def __reduce__(self):
        return (pathlib.Path.touch, (pathlib.Path("executed"),))


_DAMAGE = [
    ("an empty file", lambda content: b"", "truncated"),
    ("half a file", lambda content: content[: len(content) // 2], "truncated"),
    ("a file without its last byte", lambda content: content[:-1], "truncated"),
    ("text", lambda content: b"images: none\n", "not a safetensors"),
    ("a pickle", lambda content: pickle.dumps(_Hostile()), "not a safetensors"),
    (
        "a header of 2^62 bytes",
        lambda c: (1 << 62).to_bytes(8, "little") + c,
        "truncated",
    ),
    (
        "a header of promises",
        lambda content: header_of_promises("keras_tgdd.distilled"),
        "truncated",
    ),
    ("a flipped bit at the end", _flip(-1), "does not match its checksum"),
]
table(
    [(f"a distilled set: {name}", *rest) for name, *rest in _DAMAGE],
    lambda good, change: DistilledDataset.load(
        good.spoilt("distilled.safetensors", change)
    ),
)
table(
    [
        (f"summaries: {name}", *rest)
        for name, *rest in _DAMAGE[1:2] + _DAMAGE[7:]
    ],
    lambda good, change: Summaries.load(
        good.spoilt("summaries.safetensors", change)
    ),
)


def _load_expert(good, change):
    path = good.spoilt("experts/expert_000.safetensors", change)
    experts = ExpertTrajectories.load(path.parent)
    for snapshot in range(experts.num_snapshots(0)):
        experts.weights(0, snapshot)


table(
    [
        (f"an expert: {name}", *rest)
        for name, *rest in _DAMAGE[1:2] + _DAMAGE[7:]
    ],
    _load_expert,
)


def _resume(good, change):
    path = good.spoilt("state.safetensors", change)
    state = DistillationCheckpoint(path)
    trainer = good.trainer()
    trainer.fit(good.x, good.y, steps_per_epoch=2, callbacks=[state], verbose=0)


table(
    [(f"a state: {name}", *rest) for name, *rest in _DAMAGE[1:2] + _DAMAGE[7:]],
    _resume,
)


@case("a state of another distillation", ValueError, "of another distillation")
def _(good):
    path = good.spoilt("state.safetensors", lambda content: content)
    good.trainer(seed=1).fit(
        good.x, good.y, callbacks=[DistillationCheckpoint(path)]
    )


def _soft(labels, temperature="1.0"):
    """Parts of a file with soft labels."""
    tensors = {"soft_labels": np.array(labels, "float32")}
    return tensors, {"temperature": temperature}


@case("a set that is not there", FileNotFoundError, "No file at")
def _(good):
    DistilledDataset.load(good.place / "d.safetensors")


@case(
    "an expert taken for a set", ValueError, "must be a 'keras_tgdd.distilled'"
)
def _(good):
    DistilledDataset.load(good.files / "experts/expert_000.safetensors")


@case("experts that are not there", FileNotFoundError, "No finished experts")
def _(good):
    ExpertTrajectories.load(good.place)


table(
    [
        (
            "a set without images",
            ({"images": np.zeros(3)}, {}),
            "must be float32",
        ),
        (
            "a set of flat images",
            ({"images": np.zeros((2, 8), "float32")}, {}),
            r"Received: images of shape \(2, 8\)",
        ),
        (
            "a set with pixels of 9",
            ({"images": np.full((2, 1, 4, 4, 1), 9, "float32")}, {}),
            r"in \[0, 1\]",
        ),
        (
            "a set with NaN pixels",
            ({"images": np.full((2, 1, 4, 4, 1), np.nan, "float32")}, {}),
            "NaN",
        ),
        (
            "a set with labels of bytes",
            ({"labels": np.zeros((2, 1), "uint8")}, {}),
            "must be int64",
        ),
        (
            "a set with std 0",
            ({"std": np.zeros(1, "float32")}, {}),
            "`std` must be positive",
        ),
        (
            "a set with three means",
            ({"mean": np.zeros(3, "float32")}, {}),
            "must have shape",
        ),
        (
            "a set with a factor in words",
            ({}, {"factor": "two"}),
            "JSONDecodeError",
        ),
        ("a set with factor 99", ({}, {"factor": "99"}), "larger than a side"),
        (
            "a set with one name",
            ({}, {"class_names": '["a"]'}),
            "one name per class",
        ),
        (
            "a set with names in a string",
            ({}, {"class_names": '"ab"'}),
            "must be a list",
        ),
        ("a set with nested brackets", ({}, {"info": "[" * 99999}), "'info'"),
        (
            "a set with soft labels of no number",
            _soft([[np.nan, 1], [0, 1]]),
            "not NaN",
        ),
        (
            "a set with soft labels of sum 2",
            _soft([[1, 1], [0, 1]]),
            "sum 1 in each row",
        ),
        (
            "a set with soft labels below 0",
            _soft([[-1, 2], [0, 1]]),
            "not below 0",
        ),
        (
            "a set with soft labels for one image",
            _soft([[1, 0]]),
            r"shape \(2, 2\)",
        ),
        (
            "a set with soft labels of bytes",
            ({"soft_labels": np.eye(2, dtype="uint8")}, {"temperature": "1.0"}),
            "must be float32",
        ),
        (
            "a set with a temperature of 0",
            _soft([[1, 0], [0, 1]], "0.0"),
            "`temperature` must be a positive",
        ),
        (
            "a set with soft labels of no temperature",
            ({"soft_labels": np.eye(2, dtype="float32")}, {}),
            "entry 'temperature'",
        ),
        (
            "a set with a temperature of nothing",
            ({}, {"temperature": "1.0"}),
            "no tensor 'soft_labels'",
        ),
    ],
    lambda good, parts: DistilledDataset.load(
        good.written(parts[0], **parts[1])
    ),
)


def _foreign_network(good, layer):
    """An expert whose stored network has another last layer."""
    name = "expert_000.safetensors"
    stored = TensorFile(good.files / "experts" / name, "keras_tgdd.expert")
    description = stored.get_json("description", dict)
    network = json.loads(description["network"])
    network["config"]["layers"][-1] |= layer
    description["network"] = json.dumps(network)
    write_tensors(
        good.place / name,
        {key: stored.get_tensor(key) for key in stored.keys()},
        {
            "format": "keras_tgdd.expert",
            "description": json.dumps(description),
        },
    )
    ExpertTrajectories.load(good.place)


table(
    [
        (
            "an expert that names a function of the system",
            {"module": "os", "class_name": "system", "registered_name": None},
            "'system' of module 'os' is not a registered layer",
        ),
        (
            "an expert with code in a Lambda layer",
            {
                "module": "keras.layers",
                "class_name": "Lambda",
                "config": {
                    "name": "hostile",
                    "function": {
                        "class_name": "__lambda__",
                        "config": {"code": "4wAAAA==\n"},
                    },
                },
            },
            "cannot be rebuilt",
        ),
        (
            "an expert of a layer that is not registered",
            {"module": "my_code", "class_name": "Mine"},
            "pass it with `network=`",
        ),
    ],
    _foreign_network,
)
