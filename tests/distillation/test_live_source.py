import keras
import numpy as np
import pytest
from support.distillations import make
from support.distillations import make_steps
from support.distillations import pixels

import keras_tgdd
from keras_tgdd.datasets import ImageDataset
from keras_tgdd.datasets import ImageStream
from keras_tgdd.datasets import TrainingData
from keras_tgdd.datasets.real_images import RealImages
from keras_tgdd.distillation.live_source import LiveSource


@pytest.fixture
def trainer(experts, small_data):
    return make(experts, small_data)


@pytest.fixture
def source(trainer, small_data):
    return trainer.step.source(small_data)


def draws(batches):
    return {
        inputs["augmentation"]["brightness"].tobytes()
        for (inputs,) in map(batches.__getitem__, range(len(batches)))
    }


def test_live_steps_never_see_a_held_out_draw(source):
    assert type(source) is LiveSource and source.real_per_class == 4
    held_out = draws(source.held_out())
    assert len(held_out) == 16
    assert not held_out & draws(source.steps(0, 40, holding_out=True))
    # The draws of a step do not depend on whether others are held out.
    assert draws(source.steps(0, 5)) == draws(source.steps(0, 5, True))


def test_a_stream_cannot_be_held_out(experts, small_data):
    trainer = make(experts, small_data)
    stream = ImageStream(lambda: iter([small_data]), 3)
    with pytest.raises(ValueError, match="keras_tgdd.summarize.*ImageStream"):
        trainer.fit(stream, epochs="auto", steps_per_epoch=1, verbose=0)


def test_the_smallest_inputs_are_one_image_per_class(trainer, source):
    smallest = source.smallest_inputs()
    assert tuple(smallest["images"].shape) == (3, 1, 8, 8, 2)
    assert tuple(smallest["selection"].shape) == (3, 1)
    losses = trainer(keras.tree.map_structure(np.array, smallest))
    assert {*losses} == {"matching", "constraint"}
    # Weights are zero, and so are all features.
    matching = keras.ops.convert_to_numpy(losses["matching"])
    np.testing.assert_array_equal(matching, 0.0)


def test_the_identity_is_that_of_the_data(trainer, source, small_data):
    x, y = small_data
    assert source.identity == TrainingData(x, y).fingerprint()
    other = trainer.step.source((255 - x, y))
    assert other.identity != source.identity


class Batches(keras.utils.PyDataset):
    """The data in four parts."""

    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return self.x[index::4], self.y[index::4]


def reordered(x, y):
    parts = [Batches(x, y)[index] for index in range(4)]
    return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))


def steps_from(experts, small_data, data):
    trainer = make(experts, small_data)
    make_steps(trainer, data)
    return pixels(trainer)


def test_a_py_dataset_gives_the_same_as_its_arrays(experts, small_data):
    from_batches = steps_from(experts, small_data, Batches(*small_data))
    from_arrays = steps_from(experts, small_data, reordered(*small_data))
    np.testing.assert_array_equal(from_batches, from_arrays)


def test_a_tf_dataset_gives_the_same_as_its_arrays(experts, small_data):
    tf = pytest.importorskip("tensorflow")
    dataset = tf.data.Dataset.from_tensor_slices(small_data).batch(7)
    from_dataset = steps_from(experts, small_data, dataset)
    from_arrays = steps_from(experts, small_data, small_data)
    np.testing.assert_array_equal(from_dataset, from_arrays)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda x, y: TrainingData(x, y),
        lambda x, y: RealImages(TrainingData(x, y)),
        lambda x, y: ((x, y),),
        lambda x, y: ImageDataset(
            name="small",
            x_train=x,
            y_train=y,
            x_test=x[:3],
            y_test=y[:3],
            class_names=("a", "b", "c"),
            normalization=keras_tgdd.Normalization(0.9, 0.1),
        ),
    ],
    ids=["TrainingData", "RealImages", "pair", "ImageDataset"],
)
def test_every_form_of_data_gives_the_same(experts, small_data, wrap):
    """Networks normalize as the experts do, whatever the data say."""
    found = steps_from(experts, small_data, wrap(*small_data))
    expected = steps_from(experts, small_data, small_data)
    np.testing.assert_array_equal(found, expected)


def test_bad_data_are_refused_before_a_step_is_made(
    experts, trainer, small_data
):
    x, y = small_data
    start = pixels(trainer)
    part = TrainingData(x[y != 1], y[y != 1], num_classes=3)
    labelled = TrainingData(x, y)
    for data, error, message in [
        ((x[:, :4], y), ValueError, r"same image shape.*\(4, 8, 2\) and \(8,"),
        ((x, y + 1), ValueError, r"must lie in \[0, 3\)"),
        ((x[y != 1], y[y != 1]), ValueError, r"no images of class \[1\]"),
        ((part,), ValueError, r"no images of class \[1\]"),
        ((x, y[1:]), ValueError, "one label an image"),
        ((x,), TypeError, r"pass the pair \(x, y\)"),
        ((labelled, y), ValueError, "`y` must be None where `x` brings"),
        ((None,), TypeError, "Received: NoneType"),
        ((TrainingData(x[:12], y[:12]),), ValueError, "classes.*1 and 3"),
    ]:
        with pytest.raises(error, match=message):
            make_steps(trainer, data)
    np.testing.assert_array_equal(pixels(trainer), start)
    assert trainer.num_steps == 0
