"""Files of finished runs that commit 53af870 wrote are continued."""

import json

import keras
import numpy as np
import pytest

from keras_tgdd import DistilledDataset
from keras_tgdd import Normalization
from keras_tgdd import evaluate
from keras_tgdd.training import ClassifierTrainer
from keras_tgdd.training import TrainingRecipe

# Written on JAX. The first holds float64 numbers as its caller passed them.
HARD = """\
{"format": "keras_tgdd.finished_runs", "identity": {"training images":
"97868b564c25d6ca174f6d23000506c7f94d207306bcfa576e7351d1e604f145",
"test images":
"97868b564c25d6ca174f6d23000506c7f94d207306bcfa576e7351d1e604f145",
"normalization": [[0.1], [0.3]], "protocol": "c7b09596620a1b91", "network":
[[16, 2], [2]], "dtype": ["float32", "float32"], "seed": 5, "test_every": 1,
"kind of labels": "hard"}, "results": [{"mean": 0.5, "std": 0.0, "best": 0.5,
"protocol_fingerprint": "c7b09596620a1b91", "runs": [0.5], "protocol":
{"name": "mine", "epochs": 2, "batch_size": 3, "learning_rate": 0.01,
"momentum": 0.9, "weight_decay": 0.0005, "milestones": [0.6666666666666666,
0.8333333333333334], "decay": 0.2, "augmentation": [], "cutmix": 0.0}, "seed":
5, "num_images": 6, "seconds": 3.0355385170000773, "best_runs": [0.5],
"confusion": [[0, 3], [0, 3]], "images_per_class": null, "method": null,
"network": "linear", "labels": "hard"}]}
"""
SOFT = """\
{"format": "keras_tgdd.finished_runs", "identity": {"training images":
"0f78e39f5933664be66c2d0917dd4636210146313d7cc54736668663cfc2314a",
"test images":
"97868b564c25d6ca174f6d23000506c7f94d207306bcfa576e7351d1e604f145",
"normalization": [[0.10000000149011612], [0.30000001192092896]], "protocol":
"c7b09596620a1b91", "network": [[16, 2], [2]], "dtype": ["float32",
"float32"], "seed": 5, "test_every": null, "kind of labels": "soft",
"soft labels":
"d688a6594a79b849a22e87fa94cac4d5d131b8cd7ee95f63e3ad4a97df499698"},
"results": [{"mean": 0.5, "std": 0.0, "best": null, "protocol_fingerprint":
"2138df91994e67fa", "runs": [0.5], "protocol": {"name": "mine", "epochs": 2,
"batch_size": 3, "learning_rate": 0.01, "momentum": 0.9, "weight_decay":
0.0005, "milestones": [0.6666666666666666, 0.8333333333333334], "decay": 0.2,
"augmentation": [], "cutmix": 0.0}, "seed": 5, "num_images": 6, "seconds":
0.3565822359998947, "best_runs": [], "confusion": [[0, 3], [0, 3]],
"images_per_class": 3, "method": "arithmetic", "network": "linear", "labels":
"soft"}]}
"""

X = np.arange(6 * 4 * 4, dtype="uint8").reshape(6, 4, 4, 1)
Y = np.array([0, 1, 0, 1, 0, 1])
NORMALIZATION = Normalization(0.1, 0.3)


def linear(input_shape, num_classes):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(num_classes),
        ]
    )


def run(labels, filepath, **changes):
    """The call that wrote the file."""
    distilled, own = (X, Y), {"test_every": 1, "normalization": NORMALIZATION}
    if labels == "soft":
        distilled = DistilledDataset(
            X / np.float32(255),
            Y,
            normalization=NORMALIZATION,
            soft_labels=0.5 * np.eye(2)[Y] + 0.25,
            temperature=2.0,
            info={"method": "arithmetic"},
        )
        own = {"soft_labels": True}
    arguments = dict(
        network=linear,
        protocol=TrainingRecipe("mine", 2, batch_size=3),
        num_runs=1,
        seed=5,
        filepath=filepath,
        verbose=0,
    )
    return evaluate(distilled, (X, Y), **{**arguments, **own, **changes})


@pytest.fixture
def trained(monkeypatch):
    """Seeds of the networks that a test trains."""
    seeds = []
    restart = ClassifierTrainer.restart

    def counting(self, seed, steps_per_epoch):
        seeds.append(seed)
        return restart(self, seed, steps_per_epoch)

    monkeypatch.setattr(ClassifierTrainer, "restart", counting)
    return seeds


@pytest.mark.parametrize("labels, text", [("hard", HARD), ("soft", SOFT)])
def test_a_former_file_is_continued(tmp_path, labels, text, trained):
    path, stored = tmp_path / "runs.json", json.loads(text)
    path.write_text(text)
    result = run(labels, path)
    assert not trained
    (former,) = stored["results"]
    assert json.dumps(result.to_dict()) == json.dumps(former)
    more = run(labels, path, num_runs=2)
    assert trained == [[5, 1, 0]]
    assert more.runs[0] == former["runs"][0] and len(more.runs) == 2
    written = json.loads(path.read_text())
    assert written["results"][0] == former
    assert written["format"] == stored["format"]
    assert list(written["identity"]) == list(stored["identity"])
    changed = {"normalization"} if labels == "hard" else set()
    for key in stored["identity"].keys() - changed:
        assert written["identity"][key] == stored["identity"][key]


def test_a_former_file_of_another_normalization_is_refused(tmp_path):
    path = tmp_path / "runs.json"
    path.write_text(HARD)
    near = Normalization(0.1, np.nextafter(np.float32(0.3), np.float32(1)))
    with pytest.raises(ValueError, match="Received: another normalization$"):
        run("hard", path, normalization=near)
    assert path.read_text() == HARD


def test_a_file_says_all_that_differs(tmp_path):
    path = tmp_path / "runs.json"
    path.write_text(SOFT)
    message = "Received: another seed, another test_every$"
    with pytest.raises(ValueError, match=message):
        run("soft", path, seed=6, test_every=1)
