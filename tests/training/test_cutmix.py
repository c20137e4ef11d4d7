import numpy as np
import pytest
from keras import ops
from support.gradients import assert_matches_oracle

from keras_tgdd.training.cutmix import apply_cutmix
from keras_tgdd.training.cutmix import draw_cutmix


def draws(rng, count, probability=1.0, batch=6, size=(8, 10)):
    targets = np.eye(3, dtype="float32")[np.arange(batch) % 3]
    for _ in range(count):
        yield targets, *draw_cutmix(rng, probability, targets, size, batch)


def test_matches_oracle_in_value_and_image_gradient(rng):
    images = rng.normal(size=(4, 5, 6, 2))
    targets = np.eye(4, dtype="float32")
    draw, _ = draw_cutmix(rng, 1.0, targets, (5, 6), 4)
    draw["box"][:] = [1, 4, 2, 6]
    draw["partner"] = np.array([2, 0, 3, 1], "int32")

    def oracle(a):
        output = a.copy()
        for image, partner in enumerate(draw["partner"]):
            output[image, 1:4, 2:6] = a[partner, 1:4, 2:6]
        return output

    tensors = {key: ops.convert_to_tensor(v) for key, v in draw.items()}
    assert_matches_oracle(lambda t: apply_cutmix(t, tensors), oracle, images)


def test_labels_mix_by_the_area_that_is_pasted(rng):
    for targets, draw, mixed in draws(rng, 50):
        top, bottom, left, right = draw["box"][0]
        area = (bottom - top) * (right - left) / 80
        partners = targets[draw["partner"]]
        np.testing.assert_allclose(
            mixed, (1 - area) * targets + area * partners, atol=1e-6
        )
        np.testing.assert_allclose(mixed.sum(axis=1), 1.0, atol=1e-6)


def test_one_box_inside_the_image_serves_the_batch(rng):
    for _, draw, _ in draws(rng, 50):
        assert np.all(draw["box"] == draw["box"][0])
        top, bottom, left, right = draw["box"][0]
        assert 0 <= top <= bottom <= 8 and 0 <= left <= right <= 10
        assert sorted(draw["partner"]) == list(range(6))


def test_ratio_is_uniform_before_clipping(rng):
    # Beta(1, 1) is uniform; the box loses some area at the edges.
    areas = [1 - mixed[0, 0] for _, _, mixed in draws(rng, 2000, batch=1)]
    assert np.all(np.array(areas) == 0.0)  # a lone image mixes with itself
    boxes = [draw["box"][0] for _, draw, _ in draws(rng, 2000, size=(64, 64))]
    sides = np.array([b[1] - b[0] for b in boxes])
    assert 10 < sides.mean() < 40 and sides.max() > 60


def test_probability_is_kept(rng):
    mixed = [
        np.ptp(draw["box"][0]) > 0 for _, draw, _ in draws(rng, 2000, 0.25)
    ]
    assert np.mean(mixed) == pytest.approx(0.25, abs=0.05)


def test_filled_up_images_are_no_partners(rng):
    targets = np.eye(3, dtype="float32")[np.zeros(6, int)]
    for _ in range(20):
        draw, _ = draw_cutmix(rng, 1.0, targets, (8, 8), count=4)
        assert sorted(draw["partner"][:4]) == [0, 1, 2, 3]
        np.testing.assert_array_equal(draw["partner"][4:], [4, 5])
