import keras
import numpy as np
import pytest
from support import distillations
from support.distillations import pixels
from support.networks import softmax_network

from keras_tgdd import DistillationCheckpoint
from keras_tgdd import Normalization
from keras_tgdd.datasets import TrainingData
from keras_tgdd.models import FrozenNetwork
from keras_tgdd.models.frozen_network import flat_weights
from keras_tgdd.models.seeding import draw_weights
from keras_tgdd.training import TrainingRecipe
from keras_tgdd.training.classifier_batches import ClassifierBatches
from keras_tgdd.trajectories import NetworkQueue

MEAN, STD = 0.4, np.float32([0.2, 0.3])
NORMALIZATION = Normalization(MEAN, STD)


def linear_network():
    return keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            keras.layers.Flatten(data_format="channels_last"),
            keras.layers.Dense(3),
        ]
    )


def make(data, network=None, **changes):
    arguments = {
        "normalization": NORMALIZATION,
        "capacity": 3,
        "steps_per_refresh": 3,
        "steps_per_training": 2,
        **changes,
    }
    return NetworkQueue(network or linear_network(), data, **arguments)


def states(queue):
    """Weights and accuracies of all networks."""
    return [(m.weights.tolist(), m.accuracy) for m in queue.members]


def trained_by_hand(start, batches, steps):
    """SGD with momentum and L2 on cross-entropy, and the mean accuracy."""
    kernel = np.float64(start[: 128 * 3]).reshape(128, 3)
    bias = np.float64(start[128 * 3 :])
    velocity = [np.zeros_like(kernel), np.zeros_like(bias)]
    accuracies = []
    for step in range(steps):
        inputs, targets, weight = batches[step]
        assert np.all(weight == 1)
        images = (inputs["images"] / 255.0 - MEAN) / np.float64(STD)
        images = images.reshape(len(images), -1)
        logits = images @ kernel + bias
        share = np.exp(logits - logits.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        accuracies.append(np.mean(share.argmax(1) == targets.argmax(1)))
        error = (share - targets) / len(images)
        gradients = [
            images.T @ error + 5e-4 * kernel,
            error.sum(0) + 5e-4 * bias,
        ]
        for number, gradient in enumerate(gradients):
            velocity[number] = 0.9 * velocity[number] - 0.01 * gradient
        kernel, bias = kernel + velocity[0], bias + velocity[1]
    return np.append(kernel.ravel(), bias), np.mean(accuracies)


def test_the_first_network_is_trained_as_by_hand(small_data):
    queue = make(small_data, steps_per_training=3, seed=4)
    queue.refresh(0)
    network = linear_network()
    draw_weights(network, [4, 0, 0])
    recipe = TrainingRecipe("same", epochs=9, batch_size=256, milestones=())
    batches = ClassifierBatches(
        *small_data, 3, recipe, augmentation=None, seed=[4, 1, 0, 0]
    )
    weights, accuracy = trained_by_hand(flat_weights(network), batches, 3)
    draw = queue.draw(np.random.default_rng(0), region=1)
    assert draw.weights.dtype == np.float32
    np.testing.assert_allclose(draw.weights, weights, atol=1e-5)
    np.testing.assert_array_equal(draw.weights, draw.constraint_weights)
    assert draw.constraint_scale == pytest.approx(100 * accuracy, abs=1e-3)


def test_a_network_joins_at_each_refresh_and_the_oldest_leaves(small_data):
    queue = make(small_data, networks_per_refresh=1)
    network = linear_network()
    sizes, trained = [], []
    for number in range(6):
        before = queue.members
        queue.refresh(number)
        after = queue.members
        sizes.append(len(queue))
        kept = before[-2:] if number >= 3 else before
        assert len(after) == len(kept) + 1
        changed = sum(a is not b for a, b in zip(after[:-1], kept, strict=True))
        fresh = after[-1]
        trained.append(changed + fresh.trainings)
        if not fresh.trainings:
            draw_weights(network, [0, 0, number])
            np.testing.assert_array_equal(fresh.weights, flat_weights(network))
            assert fresh.accuracy == 0.0
    assert sizes == [1, 2, 3, 3, 3, 3]
    assert trained == [1] * 6


def test_a_state_depends_on_seed_and_number_alone(small_data):
    queue, other = make(small_data), make(small_data)
    for number in range(4):
        queue.refresh(number)
    other.refresh(3)
    assert states(queue) == states(other)
    # Back to an earlier refresh, and forward again.
    queue.refresh(1)
    assert states(queue) != states(other)
    queue.refresh(3)
    assert states(queue) == states(other)
    reseeded = make(small_data, seed=1)
    reseeded.refresh(3)
    assert states(reseeded) != states(other)


def test_dropout_and_batch_norm_repeat_too(small_data):
    network = softmax_network((8, 8, 2), 3)
    queues = [make(small_data, network) for _ in range(2)]
    for queue in queues:
        queue.refresh(1)
    assert states(queues[0]) == states(queues[1])
    # The weights include the moving statistics.
    moving_mean = network.get_layer("norm").moving_mean
    assert not np.any(keras.ops.convert_to_numpy(moving_mean))
    FrozenNetwork(network).assign(queues[0].members[0].weights)
    assert np.any(keras.ops.convert_to_numpy(moving_mean))


def test_the_given_network_does_not_change(small_data):
    network = linear_network()
    before = flat_weights(network)
    make(small_data, network).refresh(1)
    np.testing.assert_array_equal(flat_weights(network), before)


def test_draws_are_of_all_networks_and_described(small_data):
    queue = make(small_data)
    queue.refresh(2)
    drawn, described = set(), set()
    for seed in range(30):
        weights, _, percent = queue.draw(np.random.default_rng(seed), region=1)
        drawn.add(weights.tobytes())
        assert 0 <= percent <= 100
        generator = np.random.default_rng(seed)
        described.add(queue.describe_draw(generator, region=1))
    assert len(drawn) == len(described) == 3
    assert all("of 3 in the queue, after" in words for words in described)


def test_the_first_draw_makes_the_first_refresh(small_data):
    fresh, refreshed = make(small_data), make(small_data)
    assert fresh.last_refresh == -1 and fresh.members == ()
    refreshed.refresh(0)
    first = fresh.draw(np.random.default_rng(0), region=1).weights
    expected = refreshed.draw(np.random.default_rng(0), region=1).weights
    np.testing.assert_array_equal(first, expected)
    assert fresh.last_refresh == 0


def test_normalization_and_names_are_the_datas_by_default(small_data):
    data = TrainingData(*small_data, ("dark", "medium", "bright"))
    queue = NetworkQueue(linear_network(), data)
    assert queue.normalization == data.normalization
    assert queue.class_names == ("dark", "medium", "bright")
    other = make(data, class_names=("a", "b", "c"))
    assert other.class_names == ("a", "b", "c")
    np.testing.assert_array_equal(other.normalization.std, STD)
    assert other.fingerprint() != queue.fingerprint()


def distil(queue, data, fits, *callbacks):
    trainer = distillations.make(
        queue,
        data,
        factor=1,
        optimizer=keras.optimizers.SGD(0.02),
        region=1,
        constraint_weight=0.01,
        samples_per_class=2,
    )
    for epochs in fits:
        history = distillations.fit(trainer, data, *callbacks, epochs=epochs)
    return trainer, history.history


def test_two_fits_equal_one_and_runs_repeat(small_data):
    queue = make(small_data)
    whole, _ = distil(queue, small_data, [2])
    parts, _ = distil(make(small_data), small_data, [1, 1])
    np.testing.assert_array_equal(pixels(parts), pixels(whole))
    assert queue.last_refresh == 2  # before steps 6 and 7
    other, _ = distil(make(small_data, seed=1), small_data, [2])
    assert np.any(pixels(other) != pixels(whole))


def test_a_resumed_distillation_makes_its_refreshes_again(small_data, tmp_path):
    path = tmp_path / "state.safetensors"
    whole, _ = distil(make(small_data), small_data, [2])
    distil(make(small_data), small_data, [1], DistillationCheckpoint(path))
    again, _ = distil(
        make(small_data), small_data, [2], DistillationCheckpoint(path)
    )
    np.testing.assert_array_equal(pixels(again), pixels(whole))
    with pytest.raises(ValueError, match="experts: stored"):
        other = make(small_data, steps_per_training=3)
        distil(other, small_data, [2], DistillationCheckpoint(path))


def test_the_constraint_is_scaled_by_accuracy(small_data):
    queue = make(small_data, steps_per_refresh=100)
    queue.refresh(0)
    percent = queue.draw(np.random.default_rng(0), region=1).constraint_scale
    _, scaled = distil(queue, small_data, [1])
    queue.scales_constraint = False
    queue.draw = lambda generator, region: NetworkQueue.draw(
        queue, generator, region
    )._replace(constraint_scale=None)
    _, plain = distil(queue, small_data, [1])
    assert 0 < percent != 1
    # Equal in the first step only; the history is the mean of four steps.
    assert scaled["constraint"][0] / plain["constraint"][0] == pytest.approx(
        percent, rel=0.2
    )


def test_fingerprints_differ(small_data):
    x, y = small_data
    fingerprints = [
        make(small_data, **changes).fingerprint()
        for changes in (
            {},
            {},
            {"normalization": Normalization(0.5, STD)},
            {"capacity": 4},
            {"steps_per_refresh": 4},
            {"networks_per_refresh": 1},
            {"steps_per_training": 3},
            {"augmentation": ("color",)},
            {"seed": 1},
        )
    ]
    fingerprints.append(make((x[::-1], y[::-1])).fingerprint())
    assert fingerprints[0] == fingerprints[1]
    assert len(set(fingerprints)) == len(fingerprints) - 1


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"capacity": 0}, "`capacity`.*Received: capacity=0"),
        ({"steps_per_refresh": 0}, "`steps_per_refresh`.*Received"),
        ({"networks_per_refresh": 0}, "`networks_per_refresh`.*Received"),
        ({"steps_per_training": 1.5}, "`steps_per_training`.*Received"),
        ({"seed": -1}, "`seed`.*Received"),
        ({"augmentation": ("blur",)}, "blur"),
        ({"class_names": ("a", "b")}, "one name per class, 3"),
        ({"normalization": Normalization([0.1, 0.2, 0.3])}, "of 2 channels"),
        (
            {"data": (np.zeros((3, 9, 9, 2)), np.arange(3))},
            r"images of shape \(9, 9, 2\).*Received.*\(8, 8, 2\)",
        ),
        (
            {"data": (np.zeros((2, 8, 8, 2)), np.arange(2))},
            "to 2 classes.*Received.*3 classes",
        ),
        (
            {"data": (np.zeros((2, 8, 8, 2)), np.array([0, 2]))},
            r"no images of class \[1\]",
        ),
    ],
)
def test_bad_arguments_are_refused(small_data, changes, message):
    arguments = {"data": small_data, **changes}
    with pytest.raises(ValueError, match=message):
        make(**arguments)


def test_bad_data_and_numbers_are_refused(small_data):
    with pytest.raises(TypeError, match=r"pass the pair \(x, y\)"):
        make(small_data[0])
    with pytest.raises(ValueError, match="`number`.*Received: number=-1"):
        make(small_data).refresh(-1)
