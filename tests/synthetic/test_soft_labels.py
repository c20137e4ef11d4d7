import json

import numpy as np
import pytest

from keras_tgdd import DistilledDataset
from keras_tgdd import Normalization
from keras_tgdd.evaluation.scores import storage
from keras_tgdd.storage.tensor_file import TensorFile
from keras_tgdd.storage.tensor_file import write_tensors
from keras_tgdd.synthetic import formats


def probabilities(rng, count, num_classes=2):
    labels = rng.random((count, num_classes)) + 0.01
    return (labels / labels.sum(axis=1, keepdims=True)).astype("float32")


def make(rng, factor=2, **changes):
    images = rng.random((2, 3, 8, 8, 1)).astype("float32")
    arguments = dict(
        factor=factor,
        soft_labels=probabilities(rng, 6 * factor**2),
        temperature=4.0,
    )
    return DistilledDataset(images, **{**arguments, **changes})


def test_save_and_load_give_the_same(rng, tmp_path):
    distilled = make(rng)
    distilled.save(tmp_path / "d.safetensors")
    loaded = DistilledDataset.load(tmp_path / "d.safetensors")
    assert loaded.soft_labels.dtype == np.float32
    assert loaded.soft_labels.shape == (24, 2)
    np.testing.assert_array_equal(loaded.soft_labels, distilled.soft_labels)
    assert loaded.temperature == 4.0
    np.testing.assert_array_equal(loaded.labels, distilled.labels)


def test_a_set_without_them_has_the_file_that_it_always_had(rng, tmp_path):
    distilled = make(rng, soft_labels=None, temperature=None)
    distilled.save(tmp_path / "d.safetensors")
    stored = TensorFile(tmp_path / "d.safetensors", "keras_tgdd.distilled")
    assert sorted(stored.keys()) == ["images", "labels", "mean", "std"]
    assert "temperature" not in stored.metadata
    loaded = DistilledDataset.load(tmp_path / "d.safetensors")
    assert loaded.soft_labels is None and loaded.temperature is None


def test_they_move_with_their_images(rng, tmp_path):
    images = rng.random((4, 8, 8, 1)).astype("float32")
    soft = probabilities(rng, 16)
    labels = np.array([1, 0, 1, 1])
    made = DistilledDataset(
        images, labels, factor=2, soft_labels=soft.astype("float64")
    )
    order = [4, 5, 6, 7, 0, 1, 2, 3, *range(8, 16)]
    np.testing.assert_array_equal(made.soft_labels, soft[order])
    assert made.soft_labels.dtype == np.float32 and made.temperature == 1.0
    made.save(tmp_path / "d.safetensors")
    loaded = DistilledDataset.load(tmp_path / "d.safetensors")
    np.testing.assert_array_equal(loaded.soft_labels, soft[order])


@pytest.mark.parametrize("labels", [None, np.array([1, 0, 1, 1, 1, 0])])
def test_another_set_gets_them(rng, labels):
    images = rng.random((6, 8, 8, 1)).astype("float32")
    if labels is None:
        images = images.reshape((2, 3, 8, 8, 1))
    hard = DistilledDataset(
        images,
        labels,
        class_names=("a", "b"),
        factor=2,
        normalization=Normalization(0.3, 0.7),
        info={"steps": 5, "seed": 1},
    )
    soft = hard.with_soft_labels(
        probabilities(rng, 24), 2, info={"teacher": "x", "seed": 2}
    )
    assert hard.soft_labels is None and hard.info == {"steps": 5, "seed": 1}
    np.testing.assert_array_equal(soft.images, hard.images)
    np.testing.assert_array_equal(soft.labels, hard.labels)
    assert soft.class_names == ("a", "b") and soft.factor == 2
    assert soft.normalization == hard.normalization
    assert soft.info == {"steps": 5, "seed": 2, "teacher": "x"}
    assert soft.temperature == 2.0
    # In the order of `to_numpy`, whatever order the images came in.
    other = probabilities(rng, 24)
    again = soft.with_soft_labels(other)
    np.testing.assert_array_equal(again.soft_labels, other)
    assert again.temperature == 1.0 and again.info == soft.info
    with pytest.raises(ValueError, match=r"shape \(24, 2\).*\(23, 2\)"):
        hard.with_soft_labels(other[1:])
    with pytest.raises(ValueError, match="`temperature` must be a positive"):
        hard.with_soft_labels(other, 0.0)


def test_all_else_has_the_integer_labels(rng):
    soft = make(rng)
    hard = DistilledDataset(soft.images, factor=2)
    for one, other in zip(soft.to_numpy(), hard.to_numpy(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert soft.to_numpy()[1].dtype == np.int64
    np.testing.assert_array_equal(soft.class_images(1), hard.class_images(1))
    np.testing.assert_array_equal(soft.rows(2), hard.rows(2))


def test_exports_have_the_integer_labels(rng, tmp_path):
    pytest.importorskip("torch")
    soft = make(rng)
    _, labels = soft.to_torch().tensors
    np.testing.assert_array_equal(labels.numpy(), soft.to_numpy()[1])
    half = Normalization(0.5, 0.5)
    formats.write_dd_ranking(soft, tmp_path, half)
    again = formats.read_dd_ranking(tmp_path, half)
    assert again.soft_labels is None
    np.testing.assert_array_equal(again.to_numpy()[1], soft.to_numpy()[1])


def test_storage_counts_them(rng):
    soft, x = make(rng), np.zeros((9, 8, 8, 1), "uint8")
    hard = DistilledDataset(soft.images, factor=2)
    added = storage(soft, x).num_bytes - storage(hard, x).num_bytes
    assert added == 24 * 2 * 4


def with_nan(labels):
    labels = labels.copy()
    labels[3, 1] = np.nan
    return labels


@pytest.mark.parametrize(
    "change, error, message",
    [
        (lambda s: s[:-1], ValueError, r"shape \(24, 2\).*\(23, 2\)"),
        (lambda s: s[:, :1], ValueError, r"Received: shape=\(24, 1\)"),
        (lambda s: s[:6], ValueError, "for each decoded image"),
        (lambda s: 0.9 * s, ValueError, "sums up to 0.1 from 1"),
        (lambda s: s - [[0.9, -0.9]], ValueError, "not below 0"),
        (with_nan, ValueError, "min=nan"),
        (lambda s: s / 0.0, ValueError, "must be probabilities"),
        (lambda s: s.argmax(1), TypeError, "Received: int64"),
        (lambda s: s.tolist(), TypeError, "Received: list"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_what_is_no_probability_is_refused(rng, change, error, message):
    soft = change(probabilities(rng, 24))
    with pytest.raises(error, match=message):
        make(rng, soft_labels=soft)


@pytest.mark.parametrize("value", [0, -1.0, np.nan, np.inf, "1", True, [1.0]])
def test_a_temperature_is_a_positive_number(rng, value):
    with pytest.raises(ValueError, match="`temperature` must be a positive"):
        make(rng, temperature=value)


def test_a_temperature_of_nothing_is_refused(rng):
    with pytest.raises(ValueError, match="there are none. Received.*=4.0"):
        make(rng, soft_labels=None)


@pytest.mark.parametrize(
    "tensor, entry, message",
    [
        (None, "4.0", "has no tensor 'soft_labels'"),
        ("float32", None, "'temperature'.*KeyError"),
        ("float32", '"warm"', "must be a float, and is a str"),
        ("float32", "NaN", "`temperature` must be a positive"),
        ("float64", "4.0", "must be float32, and is float64"),
    ],
)
def test_half_of_them_in_a_file_is_refused(
    rng, tmp_path, tensor, entry, message
):
    path = tmp_path / "d.safetensors"
    make(rng).save(path)
    stored = TensorFile(path, "keras_tgdd.distilled")
    tensors = {name: stored.get_tensor(name) for name in stored.keys()}
    soft = tensors.pop("soft_labels")
    if tensor is not None:
        tensors["soft_labels"] = soft.astype(tensor)
    metadata = {
        k: v
        for k, v in stored.metadata.items()
        if k not in ("crc32", "temperature")
    }
    assert json.loads(stored.metadata["temperature"]) == 4.0
    if entry is not None:
        metadata["temperature"] = entry
    write_tensors(path, tensors, metadata)
    with pytest.raises(ValueError, match=f"d.safetensors.*{message}"):
        DistilledDataset.load(path)
