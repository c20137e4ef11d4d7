from keras_tgdd.trajectories import expert_recipe
from keras_tgdd.trajectories import short_recipe


def test_the_short_recipe_differs_in_its_schedule_alone():
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
