import numpy as np
import pytest

from keras_tgdd.layers import SiameseAugmentation
from keras_tgdd.training import TrainingRecipe
from keras_tgdd.training.classifier_batches import ClassifierBatches
from keras_tgdd.training.classifier_batches import TestBatches


def make(seed=0, first_epoch=0, cutmix=0.5, count=10, batch_size=4):
    x = np.arange(count, dtype="uint8")[:, None, None, None]
    x = np.broadcast_to(x, (count, 4, 4, 1))
    y = np.arange(count) % 3
    recipe = TrainingRecipe("r", epochs=3, batch_size=batch_size, cutmix=cutmix)
    augmentation = SiameseAugmentation(("flip", "crop"))
    return ClassifierBatches(
        x,
        y,
        3,
        recipe,
        augmentation=augmentation,
        seed=seed,
        first_epoch=first_epoch,
    )


def flat(batch):
    inputs, targets, sample_weight = batch
    return [
        inputs["images"],
        *inputs["augmentation"].values(),
        *inputs["cutmix"].values(),
        targets,
        sample_weight,
    ]


def equal(a, b):
    return all(
        np.array_equal(x, y) for x, y in zip(flat(a), flat(b), strict=True)
    )


def test_every_epoch_sees_every_image_once():
    batches = make()
    for epoch in range(3):
        seen = []
        for step in range(3):
            inputs, _, weight = batches[3 * epoch + step]
            images = inputs["images"][:, 0, 0, 0]
            assert len(images) == 4  # one size for the compiled step
            seen += images[weight == 1].tolist()
        assert sorted(seen) == list(range(10))


def test_epochs_are_shuffled_differently():
    batches = make()
    first, second = (batches[s][0]["images"][:, 0, 0, 0] for s in (0, 3))
    assert np.any(first != second)


def test_a_batch_depends_on_seed_and_step_alone():
    batches = make()
    later = [batches[step] for step in (7, 0, 5)]
    again = make()
    assert all(
        equal(a, again[step]) for a, step in zip(later, (7, 0, 5), strict=True)
    )
    assert not equal(make(seed=1)[0], make(seed=2)[0])


def test_a_run_can_resume_at_any_epoch():
    whole, rest = make(), make(first_epoch=2)
    assert len(whole) == 9 and len(rest) == 3
    assert all(equal(rest[step], whole[6 + step]) for step in range(3))


def test_short_batches_end_in_repeats_of_weight_zero():
    inputs, _, weight = make()[2]  # images 8 and 9 of the epoch
    np.testing.assert_array_equal(weight, [1, 1, 0, 0])
    images = inputs["images"][:, 0, 0, 0]
    np.testing.assert_array_equal(images[2:], images[:2])


def test_a_set_smaller_than_a_batch_makes_one_batch():
    batches = make(count=3, batch_size=64)
    inputs, targets, weight = batches[0]
    assert batches.steps_per_epoch == 1
    assert len(inputs["images"]) == len(targets) == weight.sum() == 3


def test_without_cutmix_targets_are_one_hot():
    inputs, targets, _ = make(cutmix=0.0)[0]
    assert "cutmix" not in inputs
    labels = inputs["images"][:, 0, 0, 0] % 3
    np.testing.assert_array_equal(targets, np.eye(3)[labels])


def test_soft_labels_replace_one_hot_targets():
    plain = make(cutmix=0.0)
    soft = np.random.default_rng(1).dirichlet(np.ones(3), 10).astype("float32")
    plain.y = soft
    for step in range(3):
        inputs, targets, _ = plain[step]
        np.testing.assert_array_equal(
            targets, soft[inputs["images"][:, 0, 0, 0]]
        )


def test_cutmix_mixes_soft_labels_by_area():
    mixed = make(cutmix=1.0)
    mixed.y = np.random.default_rng(1).dirichlet(np.ones(3), 10)
    mixed.y = mixed.y.astype("float32")
    for step in range(6):
        inputs, targets, _ = mixed[step]
        own = mixed.y[inputs["images"][:, 0, 0, 0]]
        top, bottom, left, right = inputs["cutmix"]["box"][0]
        area = (bottom - top) * (right - left) / 16
        partners = own[inputs["cutmix"]["partner"]]
        np.testing.assert_allclose(
            targets, (1 - area) * own + area * partners, atol=1e-6
        )


def test_one_hot_soft_labels_make_the_same_batches():
    hard, soft = make(), make()
    soft.y = np.eye(3, dtype="float32")[hard.y]
    assert all(equal(hard[step], soft[step]) for step in range(9))


@pytest.mark.parametrize("count", [1, 5, 8, 11])
def test_test_batches_cover_every_image_once_in_order(count):
    x = np.arange(count, dtype="uint8")[:, None, None, None]
    batches = TestBatches(x, np.zeros(count, int), 2, batch_size=4)
    seen = []
    for index in range(len(batches)):
        inputs, _, weight = batches[index]
        assert len(weight) == min(4, count)
        seen += inputs["images"][weight == 1, 0, 0, 0].tolist()
    assert seen == list(range(count))
