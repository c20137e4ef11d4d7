import json

import keras
import numpy as np
import pytest
from support.distillations import make
from support.distillations import make_steps

import keras_tgdd
from keras_tgdd.distillation.identity import checkpoint_path
from keras_tgdd.distillation.identity import describe_distillation
from keras_tgdd.layers import SiameseAugmentation
from keras_tgdd.objectives import ClassificationConstraint
from keras_tgdd.objectives import CovarianceMatching
from keras_tgdd.trajectories import RandomNetworks


def test_a_set_says_how_it_was_made(experts, small_data):
    trainer = make(experts, small_data, (1, 2, 1))
    make_steps(trainer, small_data, 3)
    info = trainer.distilled_dataset().info
    optimizer = info.pop("optimizer")
    assert info == {
        "method": "tgdd",
        "trajectory": "ExpertTrajectories",
        "objective": "ClassMeanMatching",
        "constraint_weight": 2.5,
        "images_per_class": [1, 2, 1],
        "region": 7,
        "samples_per_class": 4,
        "steps": 3,
        "augmentation": ["color", "crop", "cutout"],
        "seed": 5,
        "backend": keras.backend.backend(),
        "keras": keras.__version__,
    }
    assert optimizer["name"] == "sgd" and optimizer["momentum"] == 0.5
    assert optimizer["learning_rate"] == pytest.approx(0.02)
    assert json.loads(json.dumps(optimizer)) == optimizer


def test_a_set_of_no_steps_has_no_optimizer(experts):
    synthetic = keras_tgdd.layers.SyntheticImages(3, 1, (8, 8, 2))
    trainer = keras_tgdd.DistillationTrainer(synthetic, experts)
    info = trainer.distilled_dataset().info
    assert info["steps"] == 0 and info["optimizer"] is None


@pytest.mark.parametrize(
    "changes, method",
    [
        ({}, "tgdd"),
        ({"constraint": None}, "stage-wise matching"),
        ({"constraint_weight": 0.0}, "stage-wise matching"),
        ({"objective": CovarianceMatching()}, "distribution matching"),
        ({"method": "mine"}, "mine"),
    ],
)
def test_the_method_is_named_from_its_parts(
    experts, small_data, changes, method
):
    parts = make(experts, small_data, **changes).parts
    found = describe_distillation(parts, None, steps=0)
    assert found["method"] == method
    if "constraint" in changes or "constraint_weight" in changes:
        assert found["constraint_weight"] == 0.0


def test_random_networks_match_distributions(experts, small_data):
    random = RandomNetworks(experts.network.network, experts.normalization)
    parts = make(random, small_data).parts
    found = describe_distillation(parts, None, steps=0)
    assert found["method"] == "distribution matching"
    assert found["trajectory"] == "RandomNetworks"


def identity(experts, data, real=None, optimizer=None, **changes):
    trainer = make(experts, data, optimizer=optimizer, **changes)
    return trainer.identify(*(real or data))


def test_an_identity_is_the_same_for_the_same_distillation(experts, small_data):
    found = identity(experts, small_data)
    assert found == identity(experts, small_data)
    assert json.loads(json.dumps(found)) == found
    assert "steps" not in found and "name" not in found["optimizer"]
    assert found["factor"] == 2 and found["max_decoded"] == 200
    assert found["constraint"] == "ClassificationConstraint"
    assert found["experts"] == experts.fingerprint()
    assert len(found["start"]) == 64


@pytest.mark.parametrize(
    "key, changes",
    [
        ("seed", {"seed": 6}),
        ("constraint_weight", {"constraint_weight": 1.0}),
        ("constraint", {"constraint": None}),
        ("augmentation", {"augmentation": SiameseAugmentation(crop=0.2)}),
        ("objective", {"objective": CovarianceMatching(2.0)}),
        ("region", {"region": 2}),
        ("samples_per_class", {"samples_per_class": 5}),
        ("max_decoded", {"max_decoded": 3}),
        ("factor", {"factor": 1}),
        ("images_per_class", {"images_per_class": 2}),
        ("start", {"images_per_class": 2}),
        ("method", {"method": "mine"}),
        ("optimizer", {"optimizer": keras.optimizers.SGD(0.3)}),
        ("optimizer", {"optimizer": "adam"}),
    ],
)
def test_an_identity_differs_where_the_distillation_does(
    experts, small_data, key, changes
):
    first = identity(experts, small_data)
    assert identity(experts, small_data, **changes)[key] != first[key]


def test_an_identity_knows_experts_and_data(experts, small_data):
    x, y = small_data
    first = identity(experts, small_data)
    other = identity(experts, small_data, real=(x[::-1], y[::-1]))
    assert [k for k in first if first[k] != other[k]] == ["data"]
    one = keras_tgdd.ExpertTrajectories(experts._readers[:1])
    other = identity(one, small_data)
    assert [k for k in first if first[k] != other[k]] == ["experts"]
    layer = experts.network.network.layers[1].name
    other = identity(experts.with_feature_layer(layer), small_data)
    assert other["feature_layer"] == layer != first["feature_layer"]


def test_a_constraint_is_named_by_function_or_class(experts, small_data):
    def mine(outputs, from_logits):
        return ClassificationConstraint()(outputs, from_logits)

    found = identity(experts, small_data, constraint=mine)
    assert found["constraint"] == "mine"
    assert identity(experts, small_data, constraint=None)["constraint"] == (
        "bool"  # as files say since False stood for none
    )


def test_each_distillation_has_a_file_of_its_own(experts, small_data, tmp_path):
    first = identity(experts, small_data)
    other = identity(experts, small_data, seed=6)
    paths = {
        checkpoint_path(tmp_path, *arguments)
        for arguments in ((first, 5), (first, 6), (other, 5))
    }
    assert len(paths) == 3
    again = dict(reversed(first.items()))  # order does not count
    assert checkpoint_path(tmp_path, again, 5) in paths
    assert all(p.parent == tmp_path for p in paths)
    assert all(p.name.startswith("distillation_") for p in paths)


def test_steps_without_a_checkpoint_have_no_identity(experts, small_data):
    trainer = make(experts, small_data)
    make_steps(trainer, small_data, 1)
    with pytest.raises(ValueError, match="from the first step.*made 1 steps"):
        trainer.identify(*small_data)


def test_the_pixels_tell_starts_apart(experts, small_data):
    trainer = make(experts, small_data)
    first = trainer.identify(*small_data)
    moved = make(experts, small_data)
    moved.synthetic.images.assign(np.full((3, 1, 8, 8, 2), 0.25))
    other = moved.identify(*small_data)
    assert [k for k in first if first[k] != other[k]] == ["start"]
