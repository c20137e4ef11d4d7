import keras
import numpy as np
import pytest
from support.layer_round import check_config
from support.own_parts import Sketches

from keras_tgdd.layers import SyntheticImages
from keras_tgdd.runtime.fingerprint import digest
from keras_tgdd.synthetic import Parameterization


@pytest.mark.parametrize("counts", [2, [1, 3, 2]])
@pytest.mark.parametrize(
    "make",
    [
        lambda counts: Sketches(3, counts, (8, 6, 2), name="mine"),
        lambda counts: SyntheticImages(3, counts, (8, 6, 2), 3, name="mine"),
    ],
    ids=["Sketches", "SyntheticImages"],
)
def test_it_survives_a_round_trip(make, counts):
    layer = make(counts)
    check_config(layer)
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert type(again) is type(layer) and again.name == "mine"
    assert again.num_classes == 3 and again.image_shape == (8, 6, 2)
    assert again.counts.tolist() == layer.counts.tolist()
    assert again.decoding == layer.decoding
    assert again.decoded_counts.tolist() == layer.decoded_counts.tolist()


def test_the_state_is_all_that_is_trained():
    layer = Sketches(3, 2, (4, 4, 1))
    assert list(layer.state) == ["lines", "gain"]
    assert layer.state["lines"] is layer.lines
    assert layer.decoding == {}


def test_the_start_is_told_by_the_state():
    layer, same, other = (Sketches(3, 2, (4, 4, 1)) for _ in range(3))
    for sketches, seed in ((layer, 0), (same, 0), (other, 1)):
        sketches.adapt(seed=seed)
    lines, gain = (
        keras.ops.convert_to_numpy(layer.state[name].value)
        for name in ("lines", "gain")
    )
    assert layer.describe_start() == {
        "parameterization": "Sketches",
        "start": digest(lines, gain),
    }
    assert same.describe_start() == layer.describe_start()
    assert other.describe_start() != layer.describe_start()
    same.gain.assign([2.0])
    assert same.describe_start() != layer.describe_start()


def test_pixels_tell_their_start_as_stored_checkpoints_do():
    layer = SyntheticImages(3, 2, (4, 4, 1), factor=2)
    layer.adapt(mode="noise", seed=3)
    pixels = keras.ops.convert_to_numpy(layer.images.value)
    assert layer.describe_start() == {"factor": 2, "start": digest(pixels)}
    assert list(layer.state) == ["images"]


def test_classes_that_are_not_finite_are_found():
    layer = Sketches(3, 2, (4, 4, 1))
    layer.adapt()
    assert layer.non_finite_classes().tolist() == []
    lines = keras.ops.convert_to_numpy(layer.lines.value).copy()
    for label, value in ((0, np.inf), (2, np.nan)):
        lines[label, 1, 3, 3, 0] = value
    layer.lines.assign(lines)
    assert layer.non_finite_classes().tolist() == [0, 2]
    layer.gain.assign([np.nan])  # no axis of classes: it counts for all
    assert layer.non_finite_classes().tolist() == [0, 1, 2]


def test_what_a_subclass_must_write_is_said():
    class Nothing(Parameterization):
        pass

    with pytest.raises(TypeError, match="abstract.*adapt.*stored_images"):
        Nothing(3, 1, (4, 4, 1))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((0, 1, (8, 8, 1)), "`num_classes` must be a positive integer"),
        ((3, [1, 2], (8, 8, 1)), "Received: 2"),
        ((3, 0, (8, 8, 1)), "`images_per_class` must be a positive integer"),
        ((3, 1, (8, 8)), "`image_shape` must be"),
        ((3, 1, (8, 0, 1)), "`image_shape` must be"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Sketches(*arguments)
