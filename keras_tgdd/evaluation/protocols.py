"""Evaluation protocols of the field, by name."""

from keras_tgdd.training.recipe import TrainingRecipe

_TGDD = TrainingRecipe(
    name="tgdd",
    epochs=1500,
    batch_size=64,
    learning_rate=0.01,
    momentum=0.9,
    weight_decay=5e-4,
    milestones=(2 / 3, 5 / 6),
    decay=0.2,
    augmentation=("flip", "color", ("crop", "scale", "rotate")),
    cutmix=0.5,
)
_DC = TrainingRecipe(
    name="dc",
    epochs=1000,
    batch_size=256,
    learning_rate=0.01,
    momentum=0.9,
    weight_decay=5e-4,
    milestones=(1 / 2,),
    decay=0.1,
    augmentation=(("color", "crop", "cutout", "flip", "scale", "rotate"),),
)
_PROTOCOLS = {
    recipe.name: recipe
    for recipe in (_TGDD, _DC, _DC.replace(name="dd_ranking"))
}


def get_protocol(
    name: str | TrainingRecipe = "tgdd",
    epochs: int | None = None,
    flip: bool = True,
) -> TrainingRecipe:
    """Returns an evaluation protocol.

    `"tgdd"`: 1500 epochs with batches of 64, SGD with learning rate 0.01,
    momentum 0.9 and L2 5e-4; the learning rate is multiplied by 0.2 at 2/3
    and at 5/6 of the epochs. Each image is mirrored and recoloured with its
    own strengths; one of crop, scale and rotation is then applied per batch,
    and half of the batches are mixed by CutMix. IDC, DREAM, DANCE and TGDD
    report this protocol.

    `"dc"`: 1000 epochs with batches of 256, SGD with learning rate 0.01,
    momentum 0.9 and L2 5e-4; the learning rate is multiplied by 0.1 at half
    of the epochs. Each batch is augmented by one of colour, crop, cutout,
    flip, scale and rotation, with strengths drawn per image. DC, DSA and DM
    report this protocol. Their code creates a new optimizer at half of the
    epochs; here the momentum is kept.

    `"dd_ranking"`: the settings of `"dc"` under the name of that benchmark,
    whose scores require them. Results of different protocols are not
    comparable.

    Args:
        name: `"tgdd"`, `"dc"`, `"dd_ranking"`, or a `TrainingRecipe`.
            Defaults to `"tgdd"`.
        epochs: optional positive int, replaces the epochs of the protocol.
            The results are then not comparable with published ones.
        flip: whether images are mirrored. Use `False` for digits and letters.
            Defaults to `True`.

    Returns:
        `TrainingRecipe`.

    Raises:
        ValueError: if there is no protocol of that name, or `epochs` is not a
            positive integer.

    References:
        - [Kim et al., 2022](https://arxiv.org/abs/2205.14959)
        - [TGDD](https://arxiv.org/abs/2512.02469)
        - [Zhao & Bilen, 2021](https://arxiv.org/abs/2102.08259)
        - [DD-Ranking](https://arxiv.org/abs/2505.13300)
    """
    if isinstance(name, TrainingRecipe):
        protocol = name
    elif name in _PROTOCOLS:
        protocol = _PROTOCOLS[name]
    else:
        raise ValueError(
            f"`protocol` must be one of {sorted(_PROTOCOLS)} or a "
            f"`TrainingRecipe`. Received: protocol={name!r}"
        )
    if epochs is not None:
        protocol = protocol.replace(epochs=epochs)
    if not flip:
        augmentation = _without_flip(protocol.augmentation)
        protocol = protocol.replace(augmentation=augmentation)
    return protocol


def _without_flip(strategies):
    """Removes `"flip"`, also from groups of alternatives."""
    if isinstance(strategies, str):
        return strategies
    rest = (_without_flip(s) for s in strategies if s != "flip")
    return tuple(s for s in rest if s)
