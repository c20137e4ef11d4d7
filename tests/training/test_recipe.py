import dataclasses

import keras
import pytest
from keras import ops

from keras_tgdd.training import TrainingRecipe
from keras_tgdd.training import expert_recipe
from keras_tgdd.training import short_recipe


def test_learning_rate_falls_at_the_milestones():
    recipe = TrainingRecipe("r", epochs=12)  # milestones: epochs 8 and 10
    schedule = recipe.optimizer(steps_per_epoch=5)._learning_rate
    rates = [float(ops.convert_to_numpy(schedule(step))) for step in range(60)]
    assert rates[:40] == pytest.approx([0.01] * 40)
    assert rates[40:50] == pytest.approx([0.002] * 10)
    assert rates[50:] == pytest.approx([0.0004] * 10)


def test_without_milestones_the_rate_is_constant():
    optimizer = TrainingRecipe("r", epochs=3, milestones=()).optimizer(4)
    assert float(ops.convert_to_numpy(optimizer.learning_rate)) == (
        pytest.approx(0.01)
    )


def test_a_cosine_with_warm_up():
    recipe = TrainingRecipe("r", epochs=4, schedule="cosine", warmup=0.25)
    schedule = recipe.optimizer(steps_per_epoch=5)._learning_rate
    assert schedule.get_config() == {
        "peak": 0.01,
        "warmup_steps": 5,
        "total_steps": 20,
    }
    assert recipe.to_dict()["schedule"] == "cosine"
    assert "warmup" not in TrainingRecipe("r", epochs=4).to_dict()


def test_momentum_is_the_optimizers():
    assert TrainingRecipe("r", 3, momentum=0.7).optimizer(1).momentum == 0.7


def test_settings_beyond_name_and_epochs_have_keywords():
    with pytest.raises(TypeError, match="positional argument"):
        TrainingRecipe("r", 3, 64)


@pytest.mark.parametrize(
    "recipe, fingerprint",
    [
        (expert_recipe(60, 32), "6be7406b189e4622"),
        (short_recipe(5, 128), "8f72bdd38911f0d5"),
        (
            TrainingRecipe("adam", 3, optimizer_name="adam"),
            "9c403c6240ee77be",
        ),
    ],
)
def test_fingerprints_are_those_of_stored_results(recipe, fingerprint):
    """Values of commit 53af870, by which finished runs are found again."""
    assert recipe.fingerprint == fingerprint
    assert recipe.replace(name="other").fingerprint != fingerprint


def test_adam_replaces_sgd():
    recipe = TrainingRecipe("r", 3, momentum=0.8, optimizer_name="adam")
    optimizer = recipe.optimizer(4)
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert optimizer.beta_1 == 0.8
    assert recipe.to_dict()["optimizer_name"] == "adam"
    # As in recipes that were stored before there was another optimizer.
    assert "optimizer_name" not in TrainingRecipe("r", 3).to_dict()


def test_is_immutable_and_can_be_replaced():
    recipe = TrainingRecipe("r", epochs=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.epochs = 4
    assert recipe.replace(epochs=4).to_dict()["epochs"] == 4
    assert recipe.epochs == 3


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"epochs": 0}, "`epochs` must be a positive integer"),
        ({"epochs": 1, "batch_size": -1}, "`batch_size` must be"),
        ({"epochs": 1, "cutmix": 2.0}, "`cutmix` must be a probability"),
        ({"epochs": 1, "milestones": (2.0,)}, "`milestones` must be fractions"),
        ({"epochs": 1, "augmentation": ("blur",)}, "`strategies` must name"),
        ({"epochs": 1, "schedule": "linear"}, "`schedule` must be one of"),
        ({"epochs": 1, "optimizer_name": "lion"}, "`optimizer_name` must be"),
        ({"epochs": 1, "warmup": 1.0}, "`warmup` must be a fraction"),
    ],
)
def test_refuses_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        TrainingRecipe("r", **arguments)
