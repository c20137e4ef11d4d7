"""Named ways to evaluate a distilled set."""

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

    `"tgdd"` trains fresh networks for 1500 epochs with batches of 64, SGD
    0.01, momentum 0.9, L2 5e-4 and a learning rate × 0.2 at 2/3 and 5/6.
    Images are mirrored and recoloured one by one, then cropped, scaled or
    rotated, one of the three for each batch; half of the batches are mixed by
    CutMix. IDC, DREAM, DANCE and TGDD report it.

    `"dc"` trains for 1000 epochs with batches of 256, SGD 0.01, momentum 0.9,
    L2 5e-4 and a learning rate × 0.1 at half; each batch is augmented by one
    of colour, crop, cutout, flip, scale and rotation, with strengths drawn
    per image. DC, DSA and DM report it. Where their code starts a new
    optimizer at half, this one keeps its momentum.

    `"dd_ranking"` has the same settings under the name of that benchmark,
    whose scores ask for them. Results of different protocols do not compare.

    Args:
        name: string, `"tgdd"`, `"dc"` or `"dd_ranking"`, or a
            `TrainingRecipe`, which is taken as it is. Defaults to `"tgdd"`.
        epochs: int, replaces the protocol's. Results that used other epochs
            than the protocol's do not compare with published ones.
        flip: whether images are mirrored; `False` for digits and letters.
            Defaults to `True`.

    Returns:
        `TrainingRecipe`.

    Raises:
        ValueError: if there is no protocol of that name.

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
        rest = _without_flip(protocol.augmentation)
        protocol = protocol.replace(augmentation=rest)
    return protocol


def _without_flip(strategies):
    """Drops `"flip"`, also where it is one of several to choose from."""
    if isinstance(strategies, str):
        return strategies
    rest = (_without_flip(s) for s in strategies if s != "flip")
    return tuple(s for s in rest if s)
