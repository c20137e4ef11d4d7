"""Summaries of the real images, computed once for a plan of draws."""

import dataclasses
import json
import math
import pathlib
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_writable
from keras_tgdd.datasets.class_images import ClassImages
from keras_tgdd.datasets.image_dataset import ImageDataset
from keras_tgdd.datasets.image_stream import ImageStream
from keras_tgdd.datasets.real_images import RealImages
from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.datasets.training_data import as_training_data
from keras_tgdd.distillation.summaries.partial_summaries import PartialSummaries
from keras_tgdd.distillation.summaries.partial_summaries import stack
from keras_tgdd.distillation.summaries.summaries import Summaries
from keras_tgdd.distillation.summaries.summarizer import Summarizer
from keras_tgdd.distillation.summaries.summary_plan import SummaryPlan
from keras_tgdd.layers.siamese_augmentation import SiameseAugmentation
from keras_tgdd.objectives.class_mean_matching import ClassMeanMatching
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.runtime.compilation import default_jit_compile
from keras_tgdd.runtime.compilation import keep_freed_memory
from keras_tgdd.runtime.fingerprint import differences
from keras_tgdd.runtime.fingerprint import settings_fingerprint
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories
from keras_tgdd.trajectories.expert_trajectories import check_experts
from keras_tgdd.trajectories.trajectory import Trajectory

# Images per class in a summary: twice those of a live step.
SAMPLES_PER_CLASS = 256
_DRAWS_PER_STAGE = 4


def summarize(
    experts: ExpertTrajectories,
    data: Any,
    objective: Objective | None = None,
    *,
    augmentation: SiameseAugmentation | None = None,
    plan: int | SummaryPlan | None = None,
    samples_per_class: int | None = SAMPLES_PER_CLASS,
    directory: PathLike | None = None,
    verbose: int = 1,
) -> Summaries:
    """Computes the real half of an objective, once.

    The result takes the place of the data in `DistillationTrainer.fit`. It is
    kept as one safetensors file beside the experts, where a second call finds
    it. Parts of the data may be summarized one by one, even on other machines,
    and merged by `Summaries.merge`.

    Args:
        experts: `ExpertTrajectories`.
        data: `TrainingData`, an `ImageDataset`, a pair `(x, y)` of arrays,
            or batches as `train_experts` takes them; or an `ImageStream`, for
            data that do not fit in memory. A part of a data set may lack
            classes.
        objective: cacheable `Objective`. Defaults to `ClassMeanMatching()`.
        augmentation: `SiameseAugmentation`, that of the trainer. Defaults to
            colour, crop, cutout.
        plan: `SummaryPlan`, or how many (expert, stage, draw) triples to
            summarize. `None` takes four per snapshot.
        samples_per_class: int, images per class in a summary, drawn for each
            summary; `None`, or more than there are, takes all. Defaults to
            `256`.
        directory: path where the file is kept. `None` takes the experts'.
        verbose: `0` is silent, `1` shows a progress bar. Defaults to `1`.

    Returns:
        `Summaries`.

    Raises:
        TypeError, ValueError: if the data are not images with labels, or the
            objective cannot be cached.
        OSError: if `directory` cannot be written, or the summaries would not
            fit on its disk.

    Example:

    ```python
    summaries = keras_tgdd.summarize(experts, (x_train, y_train), plan=80)
    trainer.fit(summaries, steps_per_epoch=500)
    ```
    """
    check_experts(experts)
    objective = objective or ClassMeanMatching()
    _check(samples_per_class, objective)
    if plan is None:
        plan = default_entries(experts)
    if not isinstance(plan, SummaryPlan):
        plan = SummaryPlan(plan)
    images = _real_images(data, experts, samples_per_class)
    largest = int(images.counts.max())
    whole = isinstance(images, RealImages)
    if whole and samples_per_class is not None and samples_per_class >= largest:
        samples_per_class = None  # all of them, none twice
    job = _Job(
        experts,
        objective,
        augmentation or SiameseAugmentation(),
        plan,
        images,
        samples_per_class,
    )
    directory = experts.directory if directory is None else directory
    filepath = pathlib.Path(directory) / summary_filename(job.description)
    if filepath.is_file():
        return Summaries.load(filepath)
    check_writable(directory)
    return _compute(job, filepath, verbose)


@dataclasses.dataclass(frozen=True)
class _Job:
    """What one file of summaries is made of."""

    experts: ExpertTrajectories
    objective: Objective
    augmentation: SiameseAugmentation
    plan: SummaryPlan
    images: ClassImages
    samples_per_class: int | None

    @property
    def description(self):
        return {
            "data": [self.images.fingerprint()],
            "experts": self.experts.fingerprint(),
            "plan": self.plan.describe(),
            "samples_per_class": self.samples_per_class,
            "num_classes": self.experts.num_classes,
            **describe_parts(self.objective, self.augmentation),
        }

    @property
    def pixels(self):
        """Pixels that networks read for all entries."""
        per_class = self.samples_per_class or int(self.images.counts.max())
        images = self.plan.num_entries * self.experts.num_classes * per_class
        return images * math.prod(self.experts.image_shape[:2])

    def choose(self, generator):
        """Positions of the images of an entry, and which of them count."""
        images = self.images
        if isinstance(images, RealImages) and self.samples_per_class is None:
            return images.all_index()
        assert self.samples_per_class is not None  # a stream names it
        index = images.draw_index(generator, self.samples_per_class)
        return index, np.broadcast_to(images.counts[:, None] > 0, index.shape)


def _compute(job, filepath, verbose):
    """Computes the entries of a job that are not stored yet."""
    experts, plan = job.experts, job.plan
    stages = plan.stages(
        [experts.num_snapshots(i) for i in range(experts.num_experts)]
    )
    summarizer = Summarizer(experts, job.objective, job.augmentation)
    keep_freed_memory(job.pixels)
    summarizer.compile(jit_compile=default_jit_compile(job.pixels))
    partial = PartialSummaries(filepath, job.description, plan.num_entries)
    draws = []
    for number in tqdm(
        range(plan.num_entries), "summaries", disable=not verbose
    ):
        generator = plan.generator(number)
        draws.append(
            job.augmentation.draw(
                generator, experts.num_classes, experts.image_shape[:2]
            )
        )
        if number < len(partial.values):
            continue
        job.images.seek(number)
        index, counted = job.choose(generator)
        inputs = {
            "weights": experts.weights(stages[0][number], stages[1][number]),
            "augmentation": draws[-1],
        }
        partial.append(
            summarizer.summarize(job.images.x, index, counted, inputs)
        )
    summaries = Summaries(
        stages[0],
        stages[1],
        stack(draws),
        stack(partial.values),
        job.description,
    )
    summaries.save(filepath)
    partial.discard()
    return summaries


def describe_parts(
    objective: Objective, augmentation: SiameseAugmentation
) -> dict:
    """Describes what must be the same when summaries are used.

    Args:
        objective: `Objective`.
        augmentation: `SiameseAugmentation`.

    Returns:
        JSON-compatible dict.
    """
    strengths = {
        key: value
        for key, value in augmentation.get_config().items()
        if key not in ("name", "trainable", "dtype")
    }
    parts = {
        "objective": [type(objective).__name__, objective.get_config()],
        "augmentation": strengths,
    }
    return json.loads(json.dumps(parts))


def check_usable(
    summaries: Summaries,
    trajectory: Trajectory,
    objective: Objective,
    augmentation: SiameseAugmentation,
) -> None:
    """Refuses summaries that were made with other parts than a trainer's.

    Raises:
        ValueError: naming what differs.
    """
    wanted = describe_parts(objective, augmentation)
    wanted["experts"] = trajectory.fingerprint()
    differing = differences(summaries.description, wanted)
    if differing:
        raise ValueError(
            "Summaries serve the experts, objective and augmentation they were "
            "made with; make others with `keras_tgdd.summarize`. Received: "
            + "; ".join(differing)
        )


def summary_filename(description: dict) -> str:
    """Returns the name of the file of summaries with a description."""
    return f"summaries_{settings_fingerprint(description)}.safetensors"


def default_entries(experts: ExpertTrajectories) -> int:
    """Returns how many summaries serve as well as live images: four draws of
    each snapshot."""
    return _DRAWS_PER_STAGE * sum(
        experts.num_snapshots(expert) for expert in range(experts.num_experts)
    )


def data_for(trajectory: Trajectory, data: Any) -> TrainingData:
    """Returns the training data that networks of a trajectory read.

    Arrays and batches are checked here, against the classes of the networks;
    what was checked before is returned as it is.

    Args:
        trajectory: `Trajectory`.
        data: as `as_training_data` takes it.
    """
    if isinstance(data, (TrainingData, ImageDataset)):
        return as_training_data(data)
    return as_training_data(
        data,
        normalization=trajectory.normalization,
        num_classes=trajectory.network.num_classes,
    )


def _real_images(data, experts, samples_per_class):
    """Where images are drawn from: all of them, or a stream."""
    if not isinstance(data, ImageStream):
        data = data_for(experts, data)
        experts.check_fits(data.image_shape, data.num_classes)
        # A part of the data may lack a class that another part has.
        return RealImages(data, every_class=False)
    experts.check_fits(data.image_shape, data.num_classes)
    if samples_per_class is None:
        raise ValueError(
            "A stream is never seen whole; name the `samples_per_class` of an "
            "entry, or summarize the arrays of `stream.store`. Received: an "
            "ImageStream and samples_per_class=None"
        )
    return data


def _check(samples_per_class, objective):
    if samples_per_class is not None:
        check_positive_int("samples_per_class", samples_per_class)
    if not objective.cacheable:
        raise ValueError(
            f"{type(objective).__name__} needs a later look at the data: pass "
            "them to `fit`. Received: an objective with cacheable=False"
        )
