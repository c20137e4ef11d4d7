import keras
import numpy as np
import pytest
from keras import ops
from support.graphs import compiled_graphs
from support.networks import small_network
from support.networks import softmax_network

from keras_tgdd import Normalization
from keras_tgdd.layers.pixel_normalization import normalize
from keras_tgdd.models.frozen_network import flat_weights
from keras_tgdd.runtime.compilation import compiles_calls
from keras_tgdd.training import ClassifierTrainer
from keras_tgdd.training import TrainingRecipe

MEAN, STD = [0.4, 0.5], [0.2, 0.3]
NORMALIZATION = Normalization(MEAN, STD)


def make(network_fn=small_network, jit_compile=None, **changes):
    recipe = TrainingRecipe("r", epochs=4, batch_size=8, **changes)
    network = network_fn((8, 8, 2), 3)
    return ClassifierTrainer(
        network, recipe, NORMALIZATION, jit_compile=jit_compile
    )


def train(trainer, data, seed=0):
    batches = trainer.batches(*data, seed)
    trainer.restart(seed, batches.steps_per_epoch)
    trainer.fit(batches, steps_per_epoch=len(batches), shuffle=False, verbose=0)
    return flat_weights(trainer.network)


def test_normalizes_bytes_and_floats_alike(rng):
    image = rng.integers(0, 256, (1, 2, 2, 2)).astype("uint8")
    mean, std = (ops.convert_to_tensor(v, "float32") for v in (MEAN, STD))
    from_bytes = normalize(ops.convert_to_tensor(image), mean, std)
    from_floats = normalize(
        ops.convert_to_tensor(image.astype("float32") / 255), mean, std
    )
    expected = (image / 255 - MEAN) / STD
    for tensor in (from_bytes, from_floats):
        np.testing.assert_allclose(
            ops.convert_to_numpy(tensor), expected, atol=1e-5
        )


def test_steps_equal_pytorchs_sgd_with_weight_decay(small_data):
    """Momentum SGD with L2 inside the gradient, on every trainable weight."""
    recipe = dict(momentum=0.9, weight_decay=0.1, milestones=())
    trainer = make(**recipe)
    batches = trainer.batches(*small_data, seed=0)
    trainer.restart(0, batches.steps_per_epoch)
    plain = make(momentum=0.0, weight_decay=0.0, milestones=())
    plain.restart(0, batches.steps_per_epoch)
    velocity = 0.0
    for step in range(3):
        # The gradient at the current weights, from one plain step.
        plain.network.set_weights(trainer.network.get_weights())
        before = flat_weights(plain.network)
        plain.train_on_batch(*batches[step])
        gradient = (before - flat_weights(plain.network)) / 0.01
        velocity = 0.9 * velocity + gradient + 0.1 * before
        trainer.train_on_batch(*batches[step])
        np.testing.assert_allclose(
            flat_weights(trainer.network), before - 0.01 * velocity, atol=2e-6
        )


def test_repeats_of_weight_zero_do_not_count(small_data):
    x, y = small_data
    trainer = make()
    batches = trainer.batches(x, y, seed=0)
    trainer.restart(0, batches.steps_per_epoch)
    last = batches[batches.steps_per_epoch - 1]
    count = int(last[2].sum())
    assert 0 < count < 8
    keep = (
        {"images": last[0]["images"][:count]},
        last[1][:count],
        last[2][:count],
    )
    output = trainer(last[0])
    padded = trainer.compute_loss(last[0], last[1], output, last[2])
    output = trainer(keep[0])
    alone = trainer.compute_loss(keep[0], keep[1], output, keep[2])
    assert float(ops.convert_to_numpy(padded)) == pytest.approx(
        float(ops.convert_to_numpy(alone)), rel=1e-5
    )


def test_images_are_normalized_before_the_network(small_data):
    x, _ = small_data
    trainer = make()
    normalized = ((x / 255 - MEAN) / STD).astype("float32")
    np.testing.assert_allclose(
        ops.convert_to_numpy(trainer({"images": x})),
        ops.convert_to_numpy(trainer.network(normalized)),
        atol=1e-5,
    )


def test_one_mean_and_std_are_those_of_all_channels(small_data):
    x, _ = small_data
    network = small_network((8, 8, 2), 3)
    recipe = TrainingRecipe("r", epochs=1)
    one, two = (
        ClassifierTrainer(network, recipe, Normalization(mean, std))
        for mean, std in ((0.4, 0.2), ([0.4, 0.4], [0.2, 0.2]))
    )
    np.testing.assert_array_equal(
        ops.convert_to_numpy(one({"images": x})),
        ops.convert_to_numpy(two({"images": x})),
    )


@pytest.mark.parametrize(
    "normalization, error, message",
    [
        (0.5, TypeError, "`normalization` must be.*Received: normalization=0"),
        (Normalization([0.1, 0.2, 0.3]), ValueError, "each of 2 channels"),
    ],
)
def test_bad_normalizations_are_refused(normalization, error, message):
    recipe = TrainingRecipe("r", epochs=1)
    with pytest.raises(error, match=message):
        ClassifierTrainer(small_network((8, 8, 2), 3), recipe, normalization)


def test_learns(small_data):
    trainer = make(augmentation=("flip", "crop"), cutmix=0.2, learning_rate=0.1)
    trainer.recipe = trainer.recipe.replace(epochs=25)
    train(trainer, small_data)
    x, y = small_data
    assert np.mean(trainer.predict_labels(x) == y) > 0.8


@pytest.mark.parametrize("optimizer_name", ["sgd", "adam"])
def test_seed_decides_and_one_trainer_serves_many_runs(
    small_data, optimizer_name
):
    changes = {
        "augmentation": ("flip", "color"),
        "cutmix": 0.5,
        "optimizer_name": optimizer_name,
    }
    trainer = make(**changes)
    first = train(trainer, small_data, seed=1)
    other = train(trainer, small_data, seed=2)
    again = train(trainer, small_data, seed=1)
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)
    np.testing.assert_array_equal(
        train(make(**changes), small_data, seed=1), first
    )


def test_compiled_steps_equal_eager_ones(small_data):
    changes = dict(augmentation=("flip", "color", ("crop", "rotate")))
    eager = train(make(jit_compile=False, **changes), small_data)
    before = compiled_graphs()
    compiled = train(make(jit_compile=True, **changes), small_data)
    np.testing.assert_allclose(compiled, eager, atol=2e-4)
    assert compiled_graphs() - before == compiles_calls(True)


def test_networks_that_end_in_a_softmax_train_on_probabilities(small_data):
    trainer = make(softmax_network)
    x, y = small_data
    targets = np.eye(3, dtype="float32")[y]
    probabilities = trainer({"images": x})
    loss = trainer.compute_loss(
        None, targets, probabilities, np.ones(len(x), "float32"), training=False
    )
    p = ops.convert_to_numpy(probabilities)[np.arange(len(y)), y]
    assert float(ops.convert_to_numpy(loss)) == pytest.approx(
        -np.log(p).mean(), rel=1e-4
    )
    before = trainer.network.get_layer("norm").get_weights()[2]
    train(trainer, small_data)
    assert np.any(trainer.network.get_layer("norm").get_weights()[2] != before)


def test_regularizers_of_layers_count(small_data):
    def network_fn(input_shape, num_classes):
        network = small_network(input_shape, num_classes)
        regularized = keras.layers.Dense(
            num_classes, kernel_regularizer=keras.regularizers.L1(3.0)
        )
        features = network.get_layer("features").output
        return keras.Model(network.input, regularized(features))

    trainer = make(network_fn, weight_decay=0.0)
    x, y = small_data
    targets = np.eye(3, dtype="float32")[y]
    ones = np.ones(len(x), "float32")
    output = trainer({"images": x})
    loss = trainer.compute_loss(None, targets, output, ones)
    cross_entropy = ops.mean(
        ops.categorical_crossentropy(targets, output, from_logits=True)
    )
    kernel = trainer.network.layers[-1].get_weights()[0]
    assert float(ops.convert_to_numpy(loss - cross_entropy)) == pytest.approx(
        3.0 * np.abs(kernel).sum(), rel=1e-4
    )


def test_predicts_every_image_once(small_data):
    trainer = make()
    trainer.restart(0, 1)
    x, _ = small_data
    scores = ops.convert_to_numpy(trainer({"images": x}))
    np.testing.assert_array_equal(
        trainer.predict_labels(x), scores.argmax(axis=1)
    )
