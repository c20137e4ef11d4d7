"""Computing summaries of real data."""

import hashlib
import json
import math
import pathlib
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_writable
from keras_tgdd.datasets.image_stream import ImageStream
from keras_tgdd.datasets.real_images import RealImages
from keras_tgdd.datasets.sources import collect
from keras_tgdd.distillation.summaries.partial_summaries import PartialSummaries
from keras_tgdd.distillation.summaries.partial_summaries import stack
from keras_tgdd.distillation.summaries.summaries import Summaries
from keras_tgdd.distillation.summaries.summarizer import Summarizer
from keras_tgdd.distillation.summaries.summary_plan import SummaryPlan
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.runtime.compilation import default_jit_compile
from keras_tgdd.runtime.compilation import keep_freed_memory

if TYPE_CHECKING:
    from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
    from keras_tgdd.trajectories.trajectory import Trajectory


def describe_parts(
    objective: Objective, augmentation: SiameseAugmentation
) -> dict:
    """Describes what must be the same when summaries are used."""
    config = augmentation.get_config()
    strengths = {
        key: value
        for key, value in config.items()
        if key not in ("name", "trainable", "dtype")
    }
    return json.loads(
        json.dumps(
            {
                "objective": [
                    type(objective).__name__,
                    objective.get_config(),
                ],
                "augmentation": strengths,
            }
        )
    )


def check_usable(
    summaries: Summaries,
    trajectory: "ExpertTrajectories",
    objective: Objective,
    augmentation: SiameseAugmentation,
) -> None:
    """Refuses summaries that were made with other parts than a trainer's.

    Raises:
        ValueError: naming what differs.
    """
    wanted = describe_parts(objective, augmentation)
    wanted["experts"] = fingerprint_of(trajectory)
    stored = summaries.description
    differing = [
        f"{key}: summarized with {stored.get(key)!r}, now {value!r}"
        for key, value in wanted.items()
        if stored.get(key) != value
    ]
    if differing:
        raise ValueError(
            "Summaries serve the experts, objective and augmentation they were "
            "made with; make others with `experts.summarize`. Received: "
            + "; ".join(differing)
        )


def fingerprint_of(trajectory: "Trajectory") -> str:
    """Fingerprint of a trajectory, or its kind where it has none."""
    if hasattr(trajectory, "fingerprint"):
        return trajectory.fingerprint()
    return type(trajectory).__name__


def summary_filename(description: dict) -> str:
    """Name of the file of summaries with a description."""
    text = json.dumps(description, sort_keys=True).encode()
    return f"summaries_{hashlib.sha256(text).hexdigest()[:16]}.safetensors"


def summarize_data(
    trajectory: "ExpertTrajectories",
    x: Any,
    y: np.ndarray | None,
    objective: Objective,
    augmentation: SiameseAugmentation,
    plan: SummaryPlan,
    samples_per_class: int | None,
    directory: PathLike | None,
    verbose: int = 1,
) -> Summaries:
    """Computes the summaries of a plan, or finds them stored.

    Args:
        trajectory: `ExpertTrajectories`.
        x: array of shape `(n, height, width, channels)`, uint8 or in [0, 1];
            or what brings images and labels, as `collect` takes it; or an
            `ImageStream`.
        y: int array of shape `(n,)`; `None` where `x` brings labels.
        objective: cacheable `Objective`.
        augmentation: `SiameseAugmentation`.
        plan: `SummaryPlan`.
        samples_per_class: int, images of each class in an entry; `None`, or
            more than there are, takes all.
        directory: path where summaries are kept; `None` keeps none.
        verbose: `0` is silent. Defaults to `1`.

    Returns:
        `Summaries`.
    """
    _check(samples_per_class, objective)
    real_images = _real_images(x, y, trajectory, samples_per_class)
    largest = int(real_images.counts.max())
    whole = isinstance(real_images, RealImages)
    if whole and samples_per_class is not None and samples_per_class >= largest:
        samples_per_class = None  # all of them, none twice
    description = {
        "data": [real_images.fingerprint()],
        "experts": trajectory.fingerprint(),
        "plan": plan.describe(),
        "samples_per_class": samples_per_class,
        "num_classes": trajectory.num_classes,
        **describe_parts(objective, augmentation),
    }
    filepath = None
    if directory is not None:
        filepath = pathlib.Path(directory) / summary_filename(description)
        if filepath.is_file():
            return Summaries.load(filepath)
        check_writable(directory)
    experts, stages = plan.stages(
        [trajectory.num_snapshots(i) for i in range(trajectory.num_experts)]
    )
    image_size = trajectory.image_shape[:2]
    images = plan.num_entries * trajectory.num_classes
    summarizer = _compiled(
        Summarizer(trajectory, objective, augmentation),
        images * (samples_per_class or largest) * math.prod(image_size),
    )
    begun = PartialSummaries(filepath, description, plan.num_entries)
    draws = []
    for number in tqdm(
        range(plan.num_entries), "summaries", disable=not verbose
    ):
        generator = plan.generator(number)
        draws.append(
            augmentation.draw(generator, trajectory.num_classes, image_size)
        )
        if number < len(begun.values):
            continue
        real_images.at(number)
        index, weight = _choose(real_images, generator, samples_per_class)
        inputs = {
            "weights": trajectory.weights(experts[number], stages[number]),
            "augmentation": draws[-1],
        }
        found = summarizer.summarize(real_images.x, index, weight, inputs)
        begun.append(found)
    summaries = Summaries(
        experts, stages, stack(draws), stack(begun.values), description
    )
    if filepath is not None:
        summaries.save(filepath)
    begun.discard()
    return summaries


def _real_images(x, y, trajectory, samples_per_class):
    """What images are drawn from: all of them, or a stream."""
    num_classes, shape = trajectory.num_classes, trajectory.image_shape
    if not isinstance(x, ImageStream):
        x, y = collect(x, y)
        # A part of the data may lack a class that another part has.
        return RealImages(x, y, num_classes, shape, every_class=False)
    trajectory.check_fits(x.image_shape, x.num_classes)
    if samples_per_class is None:
        raise ValueError(
            "A stream is never seen whole; name the `samples_per_class` of an "
            "entry, or summarize the arrays of `stream.store`. Received: an "
            "ImageStream and samples_per_class=None"
        )
    return x


def _check(samples_per_class, objective):
    if samples_per_class is not None:
        check_positive_int("samples_per_class", samples_per_class)
    if not objective.cacheable:
        raise ValueError(
            f"{type(objective).__name__} needs a later look at the data: pass "
            "them to `fit`. Received: an objective with cacheable=False"
        )


def _compiled(summarizer, pixels):
    """The summarizer, compiled as pays for so many pixels."""
    keep_freed_memory(pixels)
    summarizer.compile(jit_compile=default_jit_compile(pixels))
    return summarizer


def _choose(real_images, generator, samples_per_class):
    """Positions of the images of an entry, and which of them count."""
    if samples_per_class is None:
        index, counted = real_images.all_index()
    else:
        index = real_images.draw_index(generator, samples_per_class)
        counted = np.broadcast_to(real_images.counts[:, None] > 0, index.shape)
    return index, counted
