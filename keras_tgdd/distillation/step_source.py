"""Where the steps of a distillation come from: real data, or summaries."""

from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.datasets.class_images import ClassImages
from keras_tgdd.datasets.image_stream import ImageStream
from keras_tgdd.datasets.real_images import RealImages
from keras_tgdd.datasets.sources import collect
from keras_tgdd.datasets.sources import refuse_labels
from keras_tgdd.distillation.distillation_batches import DistillationBatches
from keras_tgdd.distillation.summaries.summaries import Summaries
from keras_tgdd.distillation.summaries.summarize import check_usable
from keras_tgdd.distillation.summaries.summary_batches import SummaryBatches
from keras_tgdd.runtime.fingerprint import settings_fingerprint

if TYPE_CHECKING:
    from keras_tgdd.distillation.trainer import DistillationTrainer

_HELD_OUT = 1
_HELD_OUT_DRAWS = 16


class StepSource:
    """Makes the batches that a trainer's `fit` reads.

    Args:
        trainer: `DistillationTrainer`.
        x: images, or what brings them: an `ImageDataset`, batches, an
            `ImageStream`, `RepresentativeImages`; or `Summaries`.
        y: labels, or `None`.

    Attributes:
        real_per_class: int, real images of each class that networks read in
            a step.

    Raises:
        TypeError, ValueError: as `DistillationTrainer.fit`.
    """

    def __init__(
        self,
        trainer: "DistillationTrainer",
        x: Any,
        y: np.ndarray | None = None,
    ) -> None:
        self._trainer = trainer
        if isinstance(x, Summaries):
            if y is not None:
                raise ValueError(
                    "`y` must be None when `x` is `Summaries`. Received: y of "
                    f"type {type(y).__name__}"
                )
            check_usable(
                x, trainer.trajectory, trainer.objective, trainer.augmentation
            )
            self._summaries = x
            self.real_per_class = 0
            return
        if trainer.objective.needs_summaries:
            self._summaries = _summarize(trainer, x, y)
            self.real_per_class = 0
            return
        self._summaries = None
        self.real_per_class = trainer.samples_per_class
        synthetic = trainer.synthetic
        if isinstance(x, ClassImages):
            refuse_labels(x, y)
            trainer.trajectory.check_fits(x.image_shape, x.num_classes)
            x.check_samples(trainer.samples_per_class)
            self._images = x
            return
        x, y = collect(x, y)
        self._images = RealImages(
            x, y, synthetic.num_classes, synthetic.image_shape
        )

    @property
    def identity(self) -> str:
        """A digest of the real data, or of what was summarized and how."""
        if self._summaries is None:
            return self._images.fingerprint()
        return settings_fingerprint(self._summaries.description)

    def steps(
        self, first_step: int, num_steps: int, holding_out: bool = False
    ) -> keras.utils.PyDataset:
        """Returns the batches of a number of steps.

        Args:
            first_step: int, number of the first step.
            num_steps: int.
            holding_out: whether `held_out` is used beside. Defaults to
                `False`.
        """
        seed = self._trainer.seed
        if self._summaries is None:
            return self._live(seed, first_step, num_steps)
        entries = np.arange(len(self._summaries))
        if holding_out:
            entries = entries[self._num_held_out :]
        return self._cached(seed, entries, first_step, num_steps)

    def smallest_inputs(self) -> dict[str, Any]:
        """Returns the inputs of a step on one image of each class, for a
        first call; those of the first step, where fewer images would not
        fit the summary."""
        (inputs,) = self.steps(0, 1)[0]
        if self._trainer.objective.needs_summaries:
            return inputs
        synthetic = self._trainer.synthetic
        num_classes = synthetic.num_classes
        network = self._trainer.trajectory.network
        return {
            "augmentation": inputs["augmentation"],
            "images": ops.zeros((num_classes, 1, *synthetic.image_shape)),
            "selection": ops.zeros((num_classes, 1), "int32"),
            "weights": ops.zeros((network.num_weights,)),
        }

    def held_out(self) -> keras.utils.PyDataset:
        """Returns batches of draws that no step sees."""
        seed = [self._trainer.seed, _HELD_OUT]
        if self._summaries is None:
            if isinstance(self._images, ImageStream):
                raise ValueError(
                    "Held-out draws go back and forth in the data, and a "
                    "stream is read in one direction. Give the number of "
                    "`epochs`, or pass `experts.summarize(stream)`. Received: "
                    "an ImageStream and epochs='auto'"
                )
            return self._live(seed, 0, _HELD_OUT_DRAWS)
        entries = np.arange(self._num_held_out)
        return self._cached(seed, entries, 0, len(entries))

    @property
    def _num_held_out(self):
        count = -(-len(self._summaries) // 10)
        if len(self._summaries) < 2:
            raise ValueError(
                "Holding out draws needs summaries of at least 2 entries. "
                f"Received: {len(self._summaries)}"
            )
        return count

    def _live(self, seed, first_step, num_steps):
        trainer = self._trainer
        return DistillationBatches(
            self._images,
            trainer.augmentation,
            trainer.samples_per_class,
            **self._shared(seed, first_step, num_steps),
        )

    def _cached(self, seed, entries, first_step, num_steps):
        return SummaryBatches(
            self._summaries,
            entries,
            **self._shared(seed, first_step, num_steps),
        )

    def _shared(self, seed, first_step, num_steps):
        trainer = self._trainer
        return {
            "trajectory": trainer.trajectory,
            "decoded_counts": trainer.synthetic.decoded_counts,
            "max_decoded": trainer.max_decoded,
            "region": trainer.region,
            "constrained": trainer.constrained,
            "seed": seed,
            "first_step": first_step,
            "num_steps": num_steps,
        }


def _summarize(trainer, x, y):
    """All real images, for an objective that live ones do not serve."""
    if not hasattr(trainer.trajectory, "summarize"):
        raise ValueError(
            f"{type(trainer.objective).__name__} works from summaries, which "
            "`ExpertTrajectories` make. Received: a trajectory of type "
            f"{type(trainer.trajectory).__name__}"
        )
    return trainer.trajectory.summarize(
        x, y, trainer.objective, trainer.augmentation, samples_per_class=None
    )
