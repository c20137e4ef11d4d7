import pytest

from keras_tgdd.evaluation import get_protocol
from keras_tgdd.training import TrainingRecipe


def test_tgdd_is_the_published_protocol():
    assert get_protocol("tgdd").to_dict() == {
        "name": "tgdd",
        "epochs": 1500,
        "batch_size": 64,
        "learning_rate": 0.01,
        "momentum": 0.9,
        "weight_decay": 5e-4,
        "milestones": (2 / 3, 5 / 6),
        "decay": 0.2,
        "augmentation": ("flip", "color", ("crop", "scale", "rotate")),
        "cutmix": 0.5,
    }


@pytest.mark.parametrize("name", ["dc", "dd_ranking"])
def test_dc_is_the_published_protocol(name):
    assert get_protocol(name).to_dict() == {
        "name": name,
        "epochs": 1000,
        "batch_size": 256,
        "learning_rate": 0.01,
        "momentum": 0.9,
        "weight_decay": 5e-4,
        "milestones": (1 / 2,),
        "decay": 0.1,
        "augmentation": (
            ("color", "crop", "cutout", "flip", "scale", "rotate"),
        ),
        "cutmix": 0.0,
    }


def test_flip_leaves_a_choice_too():
    protocol = get_protocol("dc", flip=False)
    assert protocol.augmentation == (
        ("color", "crop", "cutout", "scale", "rotate"),
    )


@pytest.mark.parametrize(
    "name, fingerprint, shorter",
    [
        ("tgdd", "c9739ee36b764739", "1dedb00de9062fa6"),
        ("dc", "184944add4949ea3", "0e6394c5468c202a"),
        ("dd_ranking", "ce26bbba5f7895be", "8b5f4ad7dd744d43"),
    ],
)
def test_fingerprints_are_those_of_stored_results(name, fingerprint, shorter):
    assert get_protocol(name).fingerprint == fingerprint
    assert get_protocol(name, epochs=7, flip=False).fingerprint == shorter


def test_epochs_and_flip_can_be_changed():
    protocol = get_protocol("tgdd", epochs=10, flip=False)
    assert protocol.epochs == 10
    assert protocol.augmentation == ("color", ("crop", "scale", "rotate"))


def test_a_recipe_is_returned_unchanged():
    recipe = TrainingRecipe("mine", epochs=3)
    assert get_protocol(recipe) is recipe


def test_unknown_name():
    with pytest.raises(ValueError, match=r"one of \['dc', 'dd_.*'dc2'"):
        get_protocol("dc2")
