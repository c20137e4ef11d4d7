"""The whole job from arrays."""

import contextlib
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from keras_tgdd import methods as recipes
from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.arguments import NetworkFn
from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.arguments import check_weight
from keras_tgdd.arguments import check_writable
from keras_tgdd.datasets.training_data import training_data
from keras_tgdd.distillation.distillation_checkpoint import (
    DistillationCheckpoint,
)
from keras_tgdd.distillation.distillation_checkpoint import checkpoint_path
from keras_tgdd.distillation.step_source import StepSource
from keras_tgdd.evaluation.baselines import check_method
from keras_tgdd.methods.building import planned_steps
from keras_tgdd.methods.building import reads_experts
from keras_tgdd.methods.initialization import start_from_real
from keras_tgdd.models.conv_net import ConvNet
from keras_tgdd.models.frozen_network import check_network
from keras_tgdd.runtime.compilation import default_dtype_policy
from keras_tgdd.runtime.compilation import using_dtype_policy
from keras_tgdd.synthetic.class_counts import class_counts
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.synthetic.synthetic_images import SyntheticImages
from keras_tgdd.training.progress import Progress
from keras_tgdd.trajectories.expert_trajectories import SAMPLES_PER_CLASS
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.expert_trajectories import default_entries
from keras_tgdd.trajectories.random_networks import RandomNetworks
from keras_tgdd.trajectories.train_experts import train_experts


def distill(
    x: Any,
    y: np.ndarray | None = None,
    images_per_class: ImagesPerClass = 10,
    factor: int = 2,
    network_fn: NetworkFn | None = None,
    num_experts: int = 1,
    expert_epochs: int = 20,
    iterations: int = 500,
    samples_per_class: int | None = None,
    constraint_weight: float | None = None,
    directory: PathLike | None = None,
    class_names: Sequence[str] | None = None,
    mean: ArrayLike | None = None,
    std: ArrayLike | None = None,
    validation_data: tuple[np.ndarray, np.ndarray] | None = None,
    seed: int = 0,
    verbose: int = 1,
    cache_summaries: bool | None = None,
    dtype_policy: str | None = None,
    start: str | None = None,
    recipe: str = "tgdd",
) -> DistilledDataset:
    """Distils labelled images into a few synthetic ones per class.

    Trains experts, starts from mosaics of real images and distils by TGDD or
    another recipe.
    The defaults are sized for a laptop; the paper's are five experts of 60
    epochs and 10,000 iterations.

    Args:
        x: array of shape `(n, height, width, channels)`, uint8 in 0–255 or
            float in [0, 1]; or an `ImageDataset`, which brings labels, class
            names and statistics; or a `keras.utils.PyDataset`,
            `tf.data.Dataset` or `torch.utils.data.DataLoader` of batches,
            which is read into memory once. Arrays may be mapped from disk.
        y: int array of shape `(n,)`, labels from 0 without a gap; `None`
            where `x` brings them.
        images_per_class: positive int; or one for each class, as a sequence,
            or a mapping from every label or class name. Defaults to `10`.
        factor: positive int; every image is a `factor` x `factor` mosaic of
            smaller ones. Defaults to `2`.
        network_fn: function of `(input_shape, num_classes)` that builds a
            functional `keras.Model`. Defaults to `keras_tgdd.models.ConvNet`;
            half as wide it trains and distils in a third of the time.
        num_experts: positive int. Defaults to `1`.
        expert_epochs: positive int, epochs of each expert. Defaults to `20`.
        iterations: positive int, distillation steps. Defaults to `500`.
        samples_per_class: positive int, real images of each class in a step.
            `None` takes the recipe's, 128 for TGDD.
        constraint_weight: float, weight of the cross-entropy of the synthetic
            images. `None` takes the recipe's; for TGDD it is 2.5 below 50
            images per class, 0.5 from there. On held-out CIFAR-10 at 1 image
            per class and ten times the pixels' rate, 10 ended nearly four
            points higher than 2.5; at 10 images per class it ended lower.
        directory: path where experts and the state of the distillation are
            kept: the same call again goes on where it was interrupted.
            Ctrl-C lets the step in progress finish and keeps it; a second
            one does not wait. `None` takes a temporary directory.
        class_names: optional sequence of strings, one a class.
        mean: floats of shape `(channels,)`, in [0, 1] units. `None` takes
            the mean of `x`.
        std: as `mean`, the standard deviation.
        validation_data: optional pair `(x_test, y_test)`, on which the
            experts' accuracy is recorded. Nothing is chosen by it.
        seed: int, seed of everything random. Defaults to `0`.
        verbose: `0` is silent, `1` shows progress bars. Defaults to `1`.
        cache_summaries: whether the features of real images are summarized
            once, for four draws of each stage, instead of at every step.
            `None` does so where networks then read fewer images in all.
            Of the recipes, `"tgdd"` can be distilled so. Defaults to `None`.
        dtype_policy: name of the Keras dtype policy of the networks. `None`
            takes the global one, or `"mixed_bfloat16"` where a long job is
            faster with it.
        start: how the real images are chosen that the synthetic ones start
            from: a method of `keras_tgdd.evaluation.select_images`, by the
            features of the first expert. `None` takes the recipe's,
            `"random"` for TGDD. `"k_means"` ended 0.7 points higher than
            `"random"` on a held-out tenth of Fashion-MNIST at 10 images per
            class.
        recipe: name of a function in `keras_tgdd.methods`. Of those that
            were tried on held-out Fashion-MNIST, `"covariance_tgdd"` ended
            highest. `"dm"`, `"m3d"` and `"idm"` read no experts, and none are
            trained for them unless `start` is given. Defaults to `"tgdd"`.

    Returns:
        `DistilledDataset`.

    Raises:
        TypeError, ValueError: if the data are not images with labels or a
            number is out of range.
        OSError: if `directory` cannot be written.

    Example:

    ```python
    distilled = keras_tgdd.distill(x_train, y_train, images_per_class=10)
    distilled.save("distilled.safetensors")
    ```

    References:
        - [TGDD](https://arxiv.org/abs/2512.02469)
    """
    _check_numbers(
        samples_per_class,
        num_experts=num_experts,
        expert_epochs=expert_epochs,
        iterations=iterations,
    )
    check_seed(seed)
    check_weight("constraint_weight", constraint_weight or 0.0)
    _check_choices(start, recipe)
    data = training_data(x, y, class_names, mean, std)
    x, y, class_names = data.x, data.y, data.class_names
    counts = class_counts(images_per_class, data.num_classes, class_names)
    # Made first: it refuses a factor that is too large.
    synthetic = SyntheticImages(data.num_classes, counts, x.shape[1:], factor)
    if verbose:
        _tell_sizes(data, synthetic)
    with contextlib.ExitStack() as stack:
        kept = directory is not None
        if not kept:
            directory = stack.enter_context(tempfile.TemporaryDirectory())
        if reads_experts(getattr(recipes, recipe)) or start is not None:
            trajectories = train_experts(
                network_fn or ConvNet,
                x,
                y,
                num_experts=num_experts,
                epochs=expert_epochs,
                directory=directory,
                validation_data=validation_data,
                mean=data.mean,
                std=data.std,
                class_names=class_names,
                dtype_policy=dtype_policy,
                seed=seed,
                verbose=verbose,
            )
        else:
            check_writable(directory)
            images = iterations * (samples_per_class or 128) * len(counts)
            trajectories = _untrained(
                data, network_fn or ConvNet, dtype_policy, images
            )
        trainer = _trainer(
            recipe,
            (data, trajectories, counts, factor, seed),
            iterations,
            samples_per_class=samples_per_class,
            constraint_weight=constraint_weight,
        )
        if start is not None:
            start_from_real(
                trainer.synthetic, x, y, trajectories.features, start, seed
            )
        source = _source(trainer, data, iterations, cache_summaries, verbose)
        kept_in = directory if kept else None
        _fit(trainer, source, iterations, kept_in, verbose)
        return trainer.distilled_dataset()


def _untrained(data, network_fn, dtype_policy, images):
    """Random networks, for recipes that read no experts.

    Args:
        images: int, how many real images they will read.
    """
    image_shape = data.x.shape[1:]
    pixels = images * image_shape[0] * image_shape[1]
    with using_dtype_policy(dtype_policy or default_dtype_policy(pixels)):
        network = network_fn(tuple(image_shape), data.num_classes)
    check_network(network, image_shape, data.num_classes)
    return RandomNetworks(network, data.mean, data.std, data.class_names)


def _check_numbers(samples_per_class, **numbers):
    """Refuses what is no positive integer; the first may be `None`."""
    if samples_per_class is not None:
        numbers["samples_per_class"] = samples_per_class
    for name, value in numbers.items():
        check_positive_int(name, value)


def _check_choices(start, recipe):
    """Refuses unknown names."""
    if start is not None:
        check_method("start", start)
    if recipe not in recipes.__all__:
        raise ValueError(
            f"`recipe` must be one of {recipes.__all__}. Received: "
            f"recipe={recipe!r}"
        )


def _trainer(recipe, arguments, iterations, **given):
    """The trainer of a recipe; what is given as `None` is the recipe's."""
    make = getattr(recipes, recipe)
    given = {name: value for name, value in given.items() if value is not None}
    return make(*arguments, **given, **planned_steps(make, iterations))


def _tell_sizes(data, synthetic):
    """Says how classes differ, and which have too few images to start from."""
    counts = data.counts
    names = data.class_names or range(data.num_classes)
    if counts.max() > counts.min():
        ratio = counts.max() / counts.min()
        tqdm.write(
            f"real images: {counts.min():,} to {counts.max():,} of a class, "
            f"{ratio:.3g} to 1; every class weighs the same",
            file=sys.stderr,
        )
    few = [
        f"{name} ({have} for {need})"
        for name, have, need in zip(
            names, counts, synthetic.decoded_counts, strict=True
        )
        if have < need
    ]
    if few:
        tqdm.write(
            "real images: fewer than the start needs, so used more than once, "
            f"in {len(few)} classes: {', '.join(few[:10])}"
            + (", ..." if len(few) > 10 else ""),
            file=sys.stderr,
        )


def _fit(trainer, data, iterations, directory, verbose):
    """Distils, and keeps the state in a file that its settings name."""
    callbacks = [Progress("distillation", verbose)]
    if directory is not None:
        source = StepSource(trainer, *data)
        path = checkpoint_path(directory, trainer, source, iterations)
        callbacks.append(DistillationCheckpoint(path))
    trainer.fit(
        *data, steps_per_epoch=iterations, callbacks=callbacks, verbose=0
    )


def _source(trainer, data, iterations, cache_summaries, verbose):
    """What `fit` reads: images and labels, or summaries where they pay."""
    most = int(data.counts.max())
    if _caching_pays(trainer, iterations, most, cache_summaries, verbose):
        summaries = trainer.trajectory.summarize(
            data.x,
            data.y,
            trainer.objective,
            trainer.augmentation,
            verbose=verbose,
        )
        return (summaries,)
    return data.x, data.y


def _caching_pays(trainer, iterations, largest_class, wanted, verbose):
    """Compares real images that networks read with and without summaries."""
    trajectory, objective = trainer.trajectory, trainer.objective
    staged = isinstance(trajectory, ExpertTrajectories)
    if wanted and not (staged and objective.cacheable):
        raise ValueError(
            "`cache_summaries=True` needs a recipe that reads class means "
            "along recorded stages, such as 'tgdd'; leave it out for others. "
            f"Received: a recipe with {type(objective).__name__} under "
            f"{type(trajectory).__name__}"
        )
    if not staged or not objective.cacheable or objective.needs_summaries:
        return bool(wanted)
    entries = default_entries(trajectory)
    num_classes = trainer.synthetic.num_classes
    cached = entries * num_classes * min(SAMPLES_PER_CLASS, largest_class)
    live = iterations * trainer.samples_per_class * num_classes
    pays = cached < live if wanted is None else wanted
    if verbose:
        tqdm.write(
            f"real images: networks read {cached:,} for summaries or {live:,} "
            f"in {iterations:,} steps; "
            + ("summarizing" if pays else "reading them at each step"),
            file=sys.stderr,
        )
    return pays
