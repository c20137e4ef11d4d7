"""Keras saves and loads every objective, the constraint and augmentation."""

import json

import keras
import numpy as np
import pytest
from keras import ops
from support.objective_steps import arrays
from support.objective_steps import as_tensor
from support.objective_steps import tensors

from keras_tgdd import objectives
from keras_tgdd.layers import SiameseAugmentation

# Constructor arguments, none of which is the default.
CHANGED = {
    "BarycenterMatching": dict(
        atoms_per_class=2, statistics_weight=3.0, num_alternations=4, seed=5
    ),
    "CharacteristicFunctionMatching": dict(
        num_frequencies=6, amplitude_weight=0.25, weight=2.0, seed=3
    ),
    "ClassMeanMatching": {},
    "ClassificationConstraint": {},
    "CovarianceMatching": dict(covariance_weight=2.0),
    "KernelMatching": dict(bandwidths=(0.5, 2.0)),
    "LayerMatching": dict(layer_weights=(0.5, 2.0), discrimination_weight=0.1),
    "RandomFeatureMatching": dict(
        base_bandwidth=3.0, bandwidths=(1.0, 2.0), num_features=8, seed=1
    ),
    "SinkhornMatching": dict(epsilon=0.2, num_iterations=3),
    "SlicedWassersteinMatching": dict(
        num_projections=5, num_quantiles=3, seed=2
    ),
    "SpectralMatching": dict(
        kernel="matern",
        bandwidths=(1.0, 2.0),
        base_bandwidth=3.0,
        num_frequencies=8,
        class_counts=(30, 4, 5),
        amplitude_weight=(0.1, 0.2),
        smoothness=2.5,
        weight=2.0,
        seed=3,
    ),
}


def loss(part, real, synthetic):
    """The loss of an objective, or of the constraint, per class."""
    if isinstance(part, objectives.ClassificationConstraint):
        return ops.convert_to_numpy(part(as_tensor(synthetic)))
    part.build((1, 2))
    summary = part.finish(arrays(part.summarize(as_tensor(real))))
    found = part.compare(tensors(summary), as_tensor(synthetic))
    return ops.convert_to_numpy(found)


def round_trip(part):
    """Through Keras' serialization and JSON text."""
    text = json.dumps(keras.saving.serialize_keras_object(part))
    return keras.saving.deserialize_keras_object(json.loads(text))


def test_every_export_is_tested():
    assert CHANGED.keys() == set(objectives.__all__) - {"Objective"}


@pytest.mark.parametrize("name", CHANGED)
@pytest.mark.parametrize("changed", [False, True])
def test_an_objective_survives_a_round_trip(rng, name, changed):
    required = {
        "BarycenterMatching": dict(atoms_per_class=2),
        "RandomFeatureMatching": dict(base_bandwidth=1.0),
    }
    given = CHANGED[name] if changed else required.get(name, {})
    original = getattr(objectives, name)(**given)
    restored = round_trip(original)
    assert type(restored) is type(original)
    config = original.get_config()
    assert restored.get_config() == config
    assert json.loads(json.dumps(config)) == config
    for key, value in given.items():
        assert type(getattr(restored, key)) is type(getattr(original, key))
        assert getattr(restored, key) == value
    real, synthetic = rng.normal(size=(3, 5, 3)), rng.normal(size=(3, 2, 3))
    np.testing.assert_array_equal(
        loss(restored, real, synthetic), loss(original, real, synthetic)
    )


@pytest.mark.parametrize(
    "given",
    [
        {},
        dict(
            strategies=("flip", ("crop", "scale"), "color", "rotate", "cutout"),
            brightness=0.3,
            saturation=1.5,
            contrast=0.4,
            crop=0.2,
            scale=1.1,
            rotate=9.0,
            cutout=0.25,
        ),
    ],
)
def test_the_augmentation_survives_a_round_trip(given):
    original = SiameseAugmentation(**given)
    restored = round_trip(original)
    assert type(restored) is SiameseAugmentation
    assert restored.get_config() == original.get_config()
    assert restored.strategies == original.strategies
    first, second = (
        layer.draw(np.random.default_rng(2), 4, (9, 7))
        for layer in (original, restored)
    )
    assert first.keys() == second.keys()
    for key, value in first.items():
        np.testing.assert_array_equal(second[key], value)


def test_an_objective_of_a_user_survives_a_round_trip():
    @keras.saving.register_keras_serializable(package="tests")
    class Scaled(objectives.ClassMeanMatching):
        def __init__(self, factor):
            self.factor = factor

        def get_config(self):
            return {"factor": self.factor}

    restored = round_trip(Scaled(3.0))
    assert type(restored) is Scaled and restored.factor == 3.0
