from keras_tgdd.training import expert_recipe
from keras_tgdd.training import short_recipe


def test_the_recipe_is_the_published_one():
    recipe = expert_recipe(60, image_size=32)
    assert recipe.to_dict() == {
        "name": "expert",
        "epochs": 60,
        "batch_size": 64,
        "learning_rate": 0.01,
        "momentum": 0.9,
        "weight_decay": 5e-4,
        "milestones": (2 / 3, 5 / 6),
        "decay": 0.2,
        "augmentation": ("color", "crop"),
        "cutmix": 0.5,
    }
    assert expert_recipe(80, image_size=128).batch_size == 128


def test_the_short_recipe_differs_in_schedule_and_cutmix():
    short = short_recipe(5, image_size=28)
    assert (short.schedule, short.warmup, short.cutmix) == ("cosine", 0.1, 0)
    assert short.epochs == 5 and short.learning_rate == 0.05
    published = expert_recipe(5, image_size=28)
    assert published == short.replace(
        name="expert",
        schedule="step",
        warmup=0.0,
        cutmix=0.5,
        learning_rate=0.01,
    )
    assert short_recipe(5, image_size=128).batch_size == 128
