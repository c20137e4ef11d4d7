"""Named ways to evaluate a distilled set."""

from keras_tgdd.training.recipe import TrainingRecipe

_PROTOCOLS = {
    # IDC, DREAM, DANCE and TGDD evaluate this way.
    "tgdd": TrainingRecipe(
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
    ),
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
    CutMix.

    Args:
        name: string, `"tgdd"`, or a `TrainingRecipe`, which is taken as it
            is. Defaults to `"tgdd"`.
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
    if not flip and "flip" in protocol.augmentation:
        rest = tuple(s for s in protocol.augmentation if s != "flip")
        protocol = protocol.replace(augmentation=rest)
    return protocol
