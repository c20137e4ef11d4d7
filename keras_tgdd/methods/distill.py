"""The whole job, from images to a distilled set."""

import contextlib
import pathlib
import sys
import tempfile
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.arguments import NetworkFn
from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.arguments import check_writable
from keras_tgdd.datasets.image_stream import ImageStream
from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.datasets.training_data import as_training_data
from keras_tgdd.distillation.distillation_checkpoint import (
    DistillationCheckpoint,
)
from keras_tgdd.distillation.distiller import Distiller
from keras_tgdd.distillation.identity import checkpoint_path
from keras_tgdd.distillation.summaries.summarize import SAMPLES_PER_CLASS
from keras_tgdd.distillation.summaries.summarize import default_entries
from keras_tgdd.distillation.summaries.summarize import summarize
from keras_tgdd.distillation.trainer import DistillationTrainer
from keras_tgdd.methods.get_method import get_method
from keras_tgdd.methods.method import Method
from keras_tgdd.models.conv_net import ConvNet
from keras_tgdd.models.frozen_network import build_network
from keras_tgdd.runtime.compilation import default_dtype_policy
from keras_tgdd.runtime.compilation import using_dtype_policy
from keras_tgdd.synthetic.class_counts import class_counts
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.training.progress import Progress
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.random_networks import RandomNetworks
from keras_tgdd.trajectories.train_experts import train_experts
from keras_tgdd.trajectories.trajectory import Trajectory

# Experts that are trained where none are given: sized for a laptop.
_NUM_EXPERTS, _EXPERT_EPOCHS = 1, 20


def distill(
    data: Any,
    images_per_class: ImagesPerClass = 10,
    method: str | Method = "tgdd",
    *,
    experts: Trajectory | None = None,
    network: NetworkFn | None = None,
    steps: int = 500,
    directory: PathLike | None = None,
    cache_summaries: bool | None = None,
    seed: int = 0,
    verbose: int = 1,
) -> DistilledDataset:
    """Distils labelled images into a few synthetic ones per class.

    1. Checks the data; an `ImageStream` is written to disk first.
    2. Trains an expert where none are given. For a method that needs none it
       builds random networks instead.
    3. Lets the method build a trainer, and summarizes the real images where
       that pays.
    4. Makes the steps, from a checkpoint of the same distillation if there is
       one, and returns the set.

    The defaults are sized for a laptop: one expert of 20 epochs and 500 steps,
    where the paper has five experts of 60 epochs and 10,000 steps.
    `train_experts` has the settings of experts, and the method has its own.

    Args:
        data: an `ImageDataset`, `TrainingData` (`datasets.from_arrays` makes
            it, with class names and normalization) or a pair `(x, y)` of
            arrays: images of shape `(n, height, width, channels)`, uint8 in
            0–255 or float in [0, 1], and integer labels; or a
            `keras.utils.PyDataset`, `tf.data.Dataset` or
            `torch.utils.data.DataLoader` of batches, which is read into
            memory once; or an `ImageStream`, which is written to `directory`
            once. Arrays may be mapped from disk.
        images_per_class: positive int; or one number per class, as a sequence
            or as a mapping from every label or class name. Defaults to `10`.
        method: a value such as `keras_tgdd.methods.TGDD(factor=1)`, or the
            name of one, such as `"dance"`, for its paper's settings. Of the
            methods that were tried on held-out Fashion-MNIST,
            `"covariance_tgdd"` ended highest. `"dm"`, `"m3d"`, `"idm"` and
            `"cafe"` read no experts, and none are trained for them. Defaults
            to `"tgdd"`.
        experts: `ExpertTrajectories` that `train_experts` returned, for
            images of this shape and these classes. `None` trains one.
        network: function of `(input_shape, num_classes)` that builds a
            functional `keras.Model`, for the expert that is trained, or for
            a method that reads none. Defaults to `keras_tgdd.models.ConvNet`;
            half as wide it trains and distils in a third of the time.
        steps: positive int, distillation steps. Defaults to `500`.
        directory: path where the expert, summaries and the state of the
            distillation are kept: the same call resumes where it was
            interrupted. Ctrl-C lets the step in progress finish and keeps it;
            a second one does not wait. `None` takes a temporary directory.
        cache_summaries: `True` summarizes the features of real images once,
            for four draws of each snapshot; `False` reads real images at every
            step; `None`, the default, takes what reads fewer images. Methods
            with a cacheable objective along recorded experts, such as
            `"tgdd"`, can be distilled so.
        seed: int, seed of everything random. Defaults to `0`.
        verbose: `0` is silent, `1` shows progress bars. Defaults to `1`.

    Returns:
        `DistilledDataset`.

    Raises:
        TypeError, ValueError: if the data are not images with labels, the
            experts do not fit, or a number is out of range.
        OSError: if `directory` cannot be written.

    Example:

    ```python
    distilled = keras_tgdd.distill((x_train, y_train), images_per_class=10)
    distilled.save("distilled.safetensors")
    ```

    References:
        - [TGDD](https://arxiv.org/abs/2512.02469)
    """
    method = get_method(method)
    check_positive_int("steps", steps)
    check_seed(seed)
    if experts is not None and network is not None:
        raise ValueError(
            "`network` builds the expert that is trained where none are "
            "given; leave one of the two out. Received: experts of type "
            f"{type(experts).__name__} and a network"
        )
    with contextlib.ExitStack() as stack:
        place = pathlib.Path(
            stack.enter_context(tempfile.TemporaryDirectory())
            if directory is None
            else directory
        )
        if isinstance(data, ImageStream):
            data = data.store(place / "data")
        data = as_training_data(data)
        names, num_classes = data.class_names, data.num_classes
        counts = class_counts(images_per_class, num_classes, names)
        # Asked first: it refuses a factor that is too large.
        needed = method.start_counts(data, counts)
        if verbose:
            _tell_sizes(data, needed)
        check_writable(place)
        if experts is None:
            experts = _experts(
                method, data, network, place, steps, seed, verbose
            )
        distiller = method.build(data, experts, counts, steps=steps, seed=seed)
        kept = None if directory is None else place
        source = data
        if isinstance(distiller, DistillationTrainer):
            source = _data_or_summaries(
                distiller, data, steps, cache_summaries, kept, verbose
            )
        elif cache_summaries:
            raise _no_summaries(type(distiller).__name__)
        _fit(distiller, source, steps, kept, verbose)
        return distiller.distilled_dataset()


def _experts(method, data, network, directory, steps, seed, verbose):
    """One expert, or random networks for a method that reads none."""
    if method.needs_experts:
        return train_experts(
            data,
            network or ConvNet,
            num_experts=_NUM_EXPERTS,
            epochs=_EXPERT_EPOCHS,
            directory=directory,
            seed=seed,
            verbose=verbose,
        )
    height, width, _ = data.image_shape
    pixels = steps * method.real_per_class * data.num_classes * height * width
    with using_dtype_policy(default_dtype_policy(pixels)):
        built = build_network(
            network or ConvNet, data.image_shape, data.num_classes
        )
    return RandomNetworks(
        built, data.normalization, class_names=data.class_names
    )


def _fit(
    distiller: Distiller,
    source: Any,
    steps: int,
    directory: pathlib.Path | None,
    verbose: int,
) -> None:
    """Distils, and keeps the state in a file that its settings name."""
    callbacks: list[Any] = [Progress("distillation", verbose)]
    if directory is not None and isinstance(distiller, DistillationTrainer):
        source = distiller.step.source(source)
        identity = distiller.identify(source)
        path = checkpoint_path(directory, identity, steps)
        callbacks.append(DistillationCheckpoint(path))
    distiller.fit(source, steps_per_epoch=steps, callbacks=callbacks, verbose=0)


def _data_or_summaries(trainer, data, steps, wanted, directory, verbose):
    """What `fit` reads: the data, or summaries where they pay."""
    if not _caching_pays(trainer.parts, data, steps, wanted, verbose):
        return data
    return summarize(
        trainer.parts.trajectory,
        data,
        trainer.parts.objective,
        augmentation=trainer.parts.augmentation,
        directory=directory,
        verbose=verbose,
    )


def _caching_pays(parts, data, steps, wanted, verbose):
    """Compares real images that networks read with and without summaries."""
    staged = isinstance(parts.trajectory, ExpertTrajectories)
    if wanted and not (staged and parts.objective.cacheable):
        raise _no_summaries(
            f"{type(parts.objective).__name__} under "
            f"{type(parts.trajectory).__name__}"
        )
    objective = parts.objective
    if not staged or not objective.cacheable or objective.needs_summaries:
        return bool(wanted)
    entries = default_entries(parts.trajectory)
    per_class = min(SAMPLES_PER_CLASS, int(data.counts.max()))
    cached = entries * parts.num_classes * per_class
    live = steps * parts.samples_per_class * parts.num_classes
    pays = cached < live if wanted is None else wanted
    if verbose:
        how = "precomputed once" if pays else "computed at each step"
        _tell(
            f"real images: features are {how} (images read: {cached:,} once, "
            f"or {live:,} in {steps:,} steps)"
        )
    return pays


def _no_summaries(received):
    return ValueError(
        "`cache_summaries=True` needs a method with a cacheable objective "
        "along recorded experts, such as 'tgdd'; leave it out for others. "
        "Received: "
        f"a method with {received}"
    )


def _tell_sizes(data: TrainingData, needed: np.ndarray) -> None:
    """Says how classes differ, and which have too few images to start from."""
    counts = data.counts
    if counts.max() > counts.min():
        ratio = counts.max() / counts.min()
        _tell(
            f"real images: {counts.min():,} to {counts.max():,} per class, "
            f"{ratio:.3g} to 1; every class counts the same"
        )
    names = data.class_names or range(data.num_classes)
    few = [
        f"{name} ({have} for {need})"
        for name, have, need in zip(names, counts, needed, strict=True)
        if have < need
    ]
    if few:
        _tell(
            "real images: fewer than the start needs, so used more than once, "
            f"in {len(few)} classes: {', '.join(few[:10])}"
            + (", ..." if len(few) > 10 else "")
        )


def _tell(message):
    tqdm.write(message, file=sys.stderr)
