"""Training of expert networks."""

import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_tgdd.arguments import NetworkFn
from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.arguments import check_writable
from keras_tgdd.datasets.image_stream import ImageStream
from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.datasets.training_data import as_training_data
from keras_tgdd.models.conv_net import ConvNet
from keras_tgdd.models.frozen_network import FrozenNetwork
from keras_tgdd.models.frozen_network import build_network
from keras_tgdd.runtime.compilation import default_dtype_policy
from keras_tgdd.runtime.compilation import using_dtype_policy
from keras_tgdd.runtime.quantities import format_bytes
from keras_tgdd.storage.free_space import check_free_space
from keras_tgdd.training.classifier_trainer import ClassifierTrainer
from keras_tgdd.training.expert_recipes import expert_recipe
from keras_tgdd.training.recipe import TrainingRecipe
from keras_tgdd.trajectories.expert_files import bytes_to_come
from keras_tgdd.trajectories.expert_training import ExpertTraining
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories


def train_experts(
    data: Any,
    network: NetworkFn = ConvNet,
    *,
    num_experts: int = 5,
    epochs: int = 60,
    directory: PathLike = "experts",
    recipe: TrainingRecipe | None = None,
    validation_data: tuple[np.ndarray, np.ndarray] | None = None,
    feature_layer: str | Sequence[str] | None = None,
    snapshots_per_epoch: int = 1,
    jit_compile: bool | str | None = None,
    dtype_policy: str | None = None,
    seed: int = 0,
    verbose: int = 1,
) -> ExpertTrajectories:
    """Trains experts on the real data and records their trajectories.

    Each expert is one file in `directory`, written during its training. A
    second call with the same arguments loads finished experts and resumes
    interrupted ones.

    Class names and normalization are the data's, and are stored with the
    experts.

    Args:
        data: `TrainingData`; an `ImageDataset`, whose training part is used;
            a pair `(x, y)` of arrays, which may be mapped from disk: images of
            shape `(n, height, width, channels)`, uint8 in 0–255 or float in
            [0, 1], and int labels of shape `(n,)`; a
            `keras.utils.PyDataset`, `tf.data.Dataset`,
            `torch.utils.data.DataLoader` or function of batches, which is
            read into memory once; or an `ImageStream`, which is written to
            `directory / "data"` once and mapped from there.
        network: function of `(input_shape, num_classes)` that builds a
            functional `keras.Model`. Defaults to
            `keras_tgdd.models.ConvNet`.
        num_experts: positive int. Defaults to `5`, as published.
        epochs: positive int, epochs per expert. Defaults to `60`, as published
            (80 at 128 pixels).
        directory: path, created if it does not exist. Defaults to
            `"experts"`.
        recipe: `TrainingRecipe`, whose epochs replace `epochs`. Defaults to
            `expert_recipe(epochs, ...)`, the published recipe.
        validation_data: optional pair `(x_test, y_test)`, on which the
            accuracy is measured after every epoch. It decides nothing.
        feature_layer: name of the layer where features are read, or a
            sequence of names. `None`, the default, takes the input of the
            last dense layer.
        snapshots_per_epoch: positive int, snapshots per epoch. Defaults to
            `1`, as published.
        jit_compile: bool or `"auto"`, as in `keras.Model.compile`. `None`,
            the default, takes what measured fastest on this backend.
        dtype_policy: name of the Keras dtype policy of the networks. `None`,
            the default, takes the global policy, or `"mixed_bfloat16"` if it
            is faster for a training of this length.
        seed: int, seed of initial weights and batches. Defaults to `0`.
        verbose: `0` is silent, `1` shows progress bars. Defaults to `1`.

    Returns:
        `ExpertTrajectories` of `num_experts` experts.

    Raises:
        TypeError, ValueError: if the data are not images with labels, the
            network does not fit them, or `directory` holds experts of other
            data, networks or recipes.
        OSError: if `directory` cannot be written, or the experts would not
            fit on its disk.

    Example:

    ```python
    experts = keras_tgdd.train_experts(
        (x, y), num_experts=1, epochs=2, directory="experts"
    )
    ```

    References:
        - [TGDD](https://arxiv.org/abs/2512.02469), section 4
    """
    check_positive_int("num_experts", num_experts)
    check_positive_int("snapshots_per_epoch", snapshots_per_epoch)
    check_seed(seed)
    data = _training_data(data, directory)
    _check_validation_data(validation_data, data)
    recipe = recipe or expert_recipe(epochs, data.image_shape[0])
    check_writable(directory)
    pixels = num_experts * recipe.epochs * data.x[..., 0].size
    with using_dtype_policy(dtype_policy or default_dtype_policy(pixels)):
        built = build_network(network, data.image_shape, data.num_classes)
    frozen = FrozenNetwork(built, feature_layer)
    settings = _describe(frozen, data, recipe, snapshots_per_epoch)
    trainer = ClassifierTrainer(
        built, recipe, data.normalization, jit_compile=jit_compile
    )
    trainings = [
        ExpertTraining(
            index=index,
            directory=directory,
            description={**settings, "seed": [seed, index]},
            data=data,
            validation_data=validation_data,
            trainer=trainer,
            feature_layer=feature_layer,
            title=f"expert {index + 1}/{num_experts}",
            verbose=verbose,
        )
        for index in range(num_experts)
    ]
    for training in trainings:
        training.check_stored()
    missing = [training for training in trainings if not training.finished]
    snapshots = recipe.epochs * snapshots_per_epoch + 1
    _check_space(directory, missing, snapshots, frozen.num_weights)
    for training in missing:
        training.run()
    readers = [training.reader() for training in trainings]
    return ExpertTrajectories(readers, built, feature_layer)


def _training_data(data: Any, directory: PathLike) -> TrainingData:
    """Returns training data, of an `ImageStream` by storing it first."""
    if isinstance(data, ImageStream):
        check_writable(directory)
        return data.store(pathlib.Path(directory) / "data")
    return as_training_data(data)


def _check_validation_data(validation_data, data: TrainingData) -> None:
    if validation_data is not None:
        x_test, y_test = validation_data
        check_images(x_test, data.image_shape, "x_test")
        check_labels(
            y_test,
            len(x_test),
            data.num_classes,
            name="y_test",
            every_class=False,
        )


def _describe(
    frozen: FrozenNetwork,
    data: TrainingData,
    recipe: TrainingRecipe,
    snapshots_per_epoch: int,
) -> dict[str, Any]:
    """Describes what all experts share, as stored in their files."""
    settings = {
        "data": data.fingerprint(),
        "recipe": recipe.to_dict(),
        "mean": data.normalization.mean.tolist(),
        "std": data.normalization.std.tolist(),
        "image_shape": frozen.image_shape,
        "num_classes": frozen.num_classes,
        "weight_shapes": frozen.weight_shapes,
    }
    # Left out if it is 1: experts of former versions do not have it.
    if snapshots_per_epoch > 1:
        settings["snapshots_per_epoch"] = snapshots_per_epoch
    return settings


def _check_space(
    directory: PathLike,
    missing: Sequence[ExpertTraining],
    snapshots: int,
    num_weights: int,
) -> None:
    """Refuses a disk that is too small, before any expert is trained."""
    indices = [training.index for training in missing]
    check_free_space(
        directory,
        bytes_to_come(directory, indices, snapshots, num_weights),
        f"{len(missing)} more experts of {snapshots} snapshots of "
        f"{format_bytes(4 * num_weights)}, and one of them twice while it is "
        "merged",
        "Train fewer experts or epochs, or choose another `directory`.",
    )
