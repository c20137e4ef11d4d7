"""Sets whose classes have different numbers of images."""

import keras
import numpy as np
import pytest
from support import distillations
from support.distillations import make_steps
from support.distillations import pixels
from support.networks import small_network

import keras_tgdd
from keras_tgdd import DistilledDataset
from keras_tgdd.evaluation import select_images
from keras_tgdd.evaluation.scores import storage

COUNTS = (3, 1, 2)


def make(experts, data, counts=COUNTS):
    optimizer = keras.optimizers.SGD(0.1)
    return distillations.make(
        experts, data, counts, optimizer=optimizer, region=1
    )


def test_a_class_moves_as_if_all_had_its_number(experts, small_data):
    # Class 0 has the most: the same draws, the same start, alone.
    few, full = (make(experts, small_data, counts) for counts in (COUNTS, 3))
    start = pixels(few)
    full.synthetic.images.assign(start)
    for trainer in (few, full):
        make_steps(trainer, small_data, 2)
    assert np.abs(pixels(few)[0] - start[0]).max() > 1e-4
    np.testing.assert_allclose(pixels(few)[0], pixels(full)[0], atol=1e-6)


def test_the_pixels_of_a_small_class_move_by_its_own_rate(experts, small_data):
    # One image of class 1, alone or three times: the mean is the same, and so
    # is the movement at a rate that is proportional to the number.
    few, many = (make(experts, small_data, counts) for counts in (COUNTS, 3))
    start = pixels(few)
    repeated = start.copy()
    repeated[1] = start[1, :1]
    many.synthetic.images.assign(repeated)
    for trainer in (few, many):
        make_steps(trainer, small_data, 1)
    small, large = pixels(few)[1], pixels(many)[1]
    assert np.abs(small[0] - start[1, 0]).max() > 1e-4
    np.testing.assert_allclose(small[0], large[0], atol=1e-6)
    np.testing.assert_array_equal(small[1:], 0.5)  # nothing is there


def test_the_set_knows_how_many_each_class_has(experts, small_data, tmp_path):
    distilled = make(experts, small_data).distilled_dataset()
    assert distilled.images_per_class == COUNTS and distilled.num_classes == 3
    assert distilled.images.shape == (6, 8, 8, 2)
    distilled.save(tmp_path / "d.safetensors")
    loaded = DistilledDataset.load(tmp_path / "d.safetensors")
    np.testing.assert_array_equal(loaded.images, distilled.images)
    np.testing.assert_array_equal(loaded.labels, [0, 0, 0, 1, 2, 2])
    x, y = loaded.to_numpy()
    assert x.shape == (24, 8, 8, 2)
    assert np.bincount(y).tolist() == [12, 4, 8]
    assert loaded.rows(2).shape == (3, 2, 8, 8, 2)
    np.testing.assert_array_equal(loaded.rows(2)[1, 1], 1.0)
    assert storage(loaded, small_data[0]).num_bytes == 6 * 128 * 4 + 6 * 8


def test_labels_put_images_in_order():
    images = np.linspace(0, 1, 4, dtype="float32")[:, None, None, None]
    images = np.broadcast_to(images, (4, 2, 2, 1)).copy()
    made = DistilledDataset(images, labels=np.array([1, 0, 1, 1]))
    assert made.labels.tolist() == [0, 1, 1, 1]
    np.testing.assert_array_equal(made.class_images(0)[0], images[1])
    equal = DistilledDataset(images, labels=np.array([1, 0, 0, 1]))
    assert equal.images.shape == (2, 2, 2, 2, 1)
    assert equal.images_per_class == 2


def test_real_images_are_selected_in_the_same_numbers(small_data):
    x, y = small_data
    counts = {0: 3, 1: 1, 2: 7}  # there are five of class 2
    chosen = select_images((x, y), counts, "k_means", seed=0)
    assert chosen.images_per_class == (3, 1, 7)
    for label in range(3):
        real = x[y == label] / np.float32(255)
        for image in chosen.class_images(label):
            assert np.any(np.all(np.isclose(real, image), axis=(1, 2, 3)))
    assert len(np.unique(chosen.class_images(2), axis=0)) == 5


def test_the_whole_job_by_class_name(small_data, tmp_path, capsys):
    x, y = small_data
    names = ("dark", "medium", "bright")
    data = keras_tgdd.datasets.from_arrays(x, y, class_names=names)
    experts = keras_tgdd.train_experts(
        data, small_network, num_experts=1, epochs=1, directory=tmp_path
    )
    distilled = keras_tgdd.distill(
        data,
        {"dark": 4, "medium": 2, "bright": 2},
        experts=experts,
        steps=2,
        directory=tmp_path,
    )
    assert distilled.images_per_class == (4, 2, 2)
    log = capsys.readouterr().err
    assert "4 to 1" in log  # 20, 12 and 5 real images
    assert "bright (5 for 8)" in log
    result = keras_tgdd.evaluate(
        distilled,
        (x, y),
        network=small_network,
        num_runs=1,
        verbose=0,
        protocol=keras_tgdd.evaluation.get_protocol("tgdd", epochs=2),
    )
    assert result.num_images == 32 and result.images_per_class is None


@pytest.mark.parametrize(
    "labels, message",
    [
        (np.array([0, 2, 2, 2]), "no images of class"),
        (np.array([0.0, 1.0, 1.0, 1.0]), "integer labels"),
        (np.array([0, 1]), "one label an image"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, message):
    images = np.zeros((4, 2, 2, 1), "float32")
    with pytest.raises((TypeError, ValueError), match=message):
        DistilledDataset(images, labels=labels)
