"""Training of expert networks."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_tgdd.arguments import NetworkFn
from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.arguments import check_writable
from keras_tgdd.datasets.training_data import training_data
from keras_tgdd.models.frozen_network import FrozenNetwork
from keras_tgdd.models.frozen_network import check_network
from keras_tgdd.runtime.compilation import announce
from keras_tgdd.runtime.compilation import default_dtype_policy
from keras_tgdd.runtime.compilation import using_dtype_policy
from keras_tgdd.runtime.fingerprint import fingerprint
from keras_tgdd.runtime.quantities import format_bytes
from keras_tgdd.storage.free_space import check_free_space
from keras_tgdd.training.classifier_batches import TestBatches
from keras_tgdd.training.classifier_trainer import ClassifierTrainer
from keras_tgdd.training.expert_recipes import expert_recipe
from keras_tgdd.training.progress import Progress
from keras_tgdd.training.recipe import TrainingRecipe
from keras_tgdd.trajectories.expert_files import ExpertReader
from keras_tgdd.trajectories.expert_files import ExpertWriter
from keras_tgdd.trajectories.expert_files import bytes_to_come
from keras_tgdd.trajectories.expert_files import check_same
from keras_tgdd.trajectories.expert_files import expert_path
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.trajectory_recorder import TrajectoryRecorder
from keras_tgdd.trajectories.trajectory_recorder import per_channel

_WEIGHTS, _BATCHES = 0, 1


def train_experts(
    network_fn: NetworkFn,
    x: Any,
    y: np.ndarray | None = None,
    num_experts: int = 5,
    epochs: int = 60,
    directory: PathLike = "experts",
    recipe: TrainingRecipe | None = None,
    validation_data: tuple[np.ndarray, np.ndarray] | None = None,
    mean: ArrayLike | None = None,
    std: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    feature_layer: str | None = None,
    jit_compile: bool | str | None = None,
    seed: int = 0,
    verbose: int = 1,
    snapshots_per_epoch: int = 1,
    dtype_policy: str | None = None,
) -> ExpertTrajectories:
    """Trains experts on the real data and records their trajectories.

    Each expert is one file in `directory`, written as training goes: a
    second call with the same arguments loads what is finished and continues
    what was interrupted.

    Args:
        network_fn: function of `(input_shape, num_classes)` that builds a
            functional `keras.Model`, such as `keras_tgdd.models.ConvNet`.
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1]; or an `ImageDataset`, which brings labels, class
            names and statistics; or a `keras.utils.PyDataset`,
            `tf.data.Dataset` or `torch.utils.data.DataLoader` of batches,
            which is read into memory once. Arrays may be mapped from disk.
        y: int array of shape `(n,)`, labels from 0 without a gap; `None`
            where `x` brings them.
        num_experts: int. Defaults to `5`, the paper's.
        epochs: int, epochs of each expert. Defaults to `60`, the paper's (80
            at 128 pixels).
        directory: path, created where missing. Defaults to `"experts"`.
        recipe: `TrainingRecipe`. Defaults to `expert_recipe(epochs, ...)`,
            the published one.
        validation_data: optional pair `(x_test, y_test)`, on which accuracy
            is recorded after every epoch. Nothing is chosen by it.
        mean: floats of shape `(channels,)`, in [0, 1] units. `None` takes
            the mean of `x`.
        std: as `mean`, the standard deviation.
        class_names: optional sequence of strings, stored with the experts.
        feature_layer: name of the layer where features are read. `None`
            takes the input of the last dense layer.
        jit_compile: bool or `"auto"`, as in `keras.Model.compile`. `None`
            takes what measured fastest on this backend.
        seed: int, seed of initial weights and of batches. Defaults to `0`.
        verbose: `0` is silent, `1` shows progress bars. Defaults to `1`.
        snapshots_per_epoch: positive int, how often weights are recorded in
            an epoch. Defaults to `1`, the paper's.
        dtype_policy: name of the Keras dtype policy of the networks. `None`
            takes the global one, or `"mixed_bfloat16"` where a long training
            is faster with it.

    Returns:
        `ExpertTrajectories` of `num_experts` experts.

    Raises:
        TypeError, ValueError: if the data are not images with labels, or
            `directory` holds experts of other data, networks or recipes.
        OSError: if `directory` cannot be written, or the experts would not
            fit on its disk.

    References:
        - [TGDD](https://arxiv.org/abs/2512.02469), section 4
    """
    check_positive_int("num_experts", num_experts)
    check_positive_int("snapshots_per_epoch", snapshots_per_epoch)
    check_seed(seed)
    data = training_data(x, y, class_names, mean, std)
    x, y, num_classes = data.x, data.y, data.num_classes
    class_names, mean, std = data.class_names, data.mean, data.std
    if validation_data is not None:
        x_test, y_test = validation_data
        check_images(x_test, x.shape[1:], "x_test")
        check_labels(
            y_test, len(x_test), num_classes, "y_test", every_class=False
        )
    recipe = recipe or expert_recipe(epochs, x.shape[1])
    check_writable(directory)
    with using_dtype_policy(
        dtype_policy
        or default_dtype_policy(num_experts * recipe.epochs * x[..., 0].size)
    ):
        network = network_fn(tuple(x.shape[1:]), num_classes)
    check_network(network, x.shape[1:], num_classes)
    frozen = FrozenNetwork(network, feature_layer)
    shared = {
        "data": fingerprint(x, y),
        "recipe": recipe.to_dict(),
        "mean": per_channel(mean, x.shape[-1]),
        "std": per_channel(std, x.shape[-1]),
        "image_shape": frozen.image_shape,
        "num_classes": frozen.num_classes,
        "weight_shapes": frozen.weight_shapes,
    }
    if snapshots_per_epoch > 1:
        shared["snapshots_per_epoch"] = snapshots_per_epoch
    descriptions = [{**shared, "seed": [seed, i]} for i in range(num_experts)]
    for index, description in enumerate(descriptions):
        _check_stored(directory, index, description)
    snapshots = recipe.epochs * snapshots_per_epoch + 1
    _check_space(directory, num_experts, snapshots, frozen.num_weights)
    trainer = ClassifierTrainer(network, recipe, mean, std, jit_compile)
    readers = []
    for index, description in enumerate(descriptions):
        path = expert_path(directory, index)
        if not path.is_file():
            recorder = TrajectoryRecorder(
                directory,
                mean,
                std,
                expert=index,
                network=network,
                feature_layer=feature_layer,
                class_names=class_names,
                description=description,
                resume=True,
            )
            progress = Progress(
                f"expert {index + 1}/{num_experts}", verbose=verbose
            )
            _train(trainer, x, y, validation_data, recorder, progress)
        readers.append(ExpertReader(path))
    return ExpertTrajectories(readers, network, feature_layer)


def _train(trainer, x, y, validation_data, recorder, progress):
    seed = recorder.description["seed"]
    snapshots = recorder.description.get("snapshots_per_epoch", 1)
    recipe = trainer.recipe
    batches = trainer.batches(x, y, [*seed, _BATCHES])
    trainer.restart([*seed, _WEIGHTS], batches.steps_per_epoch)
    if progress.verbose:
        announce(progress.description, trainer, trainer.network)
    # A Keras epoch is what lies between two snapshots. The last steps of a
    # training that does not divide repeat the start of one more epoch.
    steps = -(-batches.steps_per_epoch // snapshots)
    batches.last_step = steps * recipe.epochs * snapshots
    batches.first_step = recorder.initial_epoch * steps
    trainer.fit(
        batches,
        epochs=recipe.epochs * snapshots,
        initial_epoch=recorder.initial_epoch,
        steps_per_epoch=steps,
        validation_data=(
            None
            if validation_data is None
            else TestBatches(*validation_data, trainer.num_classes)
        ),
        validation_freq=snapshots,
        callbacks=[recorder, progress],
        shuffle=False,
        verbose=0,
    )


def _check_stored(directory, index, description):
    """Refuses what a directory holds before any expert is trained."""
    path = expert_path(directory, index)
    if path.is_file():
        reader = ExpertReader(path)
        # Tuples become lists, as they come back from a file.
        wanted = json.loads(json.dumps(description))
        check_same(path, reader.description, wanted)
    else:
        ExpertWriter(directory, index, description).resume()


def _check_space(directory, num_experts, snapshots, num_weights):
    """Refuses a disk that is too small before any expert is trained."""
    missing = [
        index
        for index in range(num_experts)
        if not expert_path(directory, index).is_file()
    ]
    check_free_space(
        directory,
        bytes_to_come(directory, missing, snapshots, num_weights),
        f"{len(missing)} more experts of {snapshots} snapshots of "
        f"{format_bytes(4 * num_weights)}, and one of them twice while it is "
        "gathered",
        "Train fewer experts or epochs, or choose another `directory`.",
    )
