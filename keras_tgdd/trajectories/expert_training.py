"""The training of one expert."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.runtime.compilation import announce
from keras_tgdd.training.classifier_batches import TestBatches
from keras_tgdd.training.classifier_trainer import ClassifierTrainer
from keras_tgdd.training.progress import Progress
from keras_tgdd.trajectories.expert_files import ExpertReader
from keras_tgdd.trajectories.expert_files import ExpertWriter
from keras_tgdd.trajectories.expert_files import check_same
from keras_tgdd.trajectories.expert_files import expert_path
from keras_tgdd.trajectories.trajectory_recorder import TrajectoryRecorder

_WEIGHTS, _BATCHES = 0, 1


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ExpertTraining:
    """Everything that the training of one expert needs.

    Attributes:
        index: int, number of the expert.
        directory: path of the experts' directory; must exist.
        description: dict that identifies data, recipe and seed; stored with
            the expert as JSON.
        data: `TrainingData`.
        validation_data: pair of test images and labels, or `None`.
        trainer: `ClassifierTrainer`; the experts share it.
        feature_layer: name of a layer, sequence of names, or `None`.
        title: string, shown before the progress bar.
        verbose: `0` is silent, `1` shows a progress bar.
    """

    index: int
    directory: PathLike
    description: dict[str, Any]
    data: TrainingData
    validation_data: tuple[np.ndarray, np.ndarray] | None
    trainer: ClassifierTrainer
    feature_layer: str | Sequence[str] | None
    title: str
    verbose: int

    @property
    def finished(self) -> bool:
        """Whether the expert's file is complete."""
        return expert_path(self.directory, self.index).is_file()

    def check_stored(self) -> None:
        """Refuses stored files of this expert that it cannot use or resume.

        Raises:
            ValueError: if they have other data, another recipe or network, or
                are damaged.
        """
        if self.finished:
            # As it reads after a round through JSON, with lists for tuples.
            wanted = json.loads(json.dumps(self.description))
            reader = self.reader()
            check_same(reader.filepath, reader.description, wanted)
        else:
            ExpertWriter(self.directory, self.index, self.description).resume()

    def reader(self) -> ExpertReader:
        """Returns the reader of the finished expert."""
        return ExpertReader(expert_path(self.directory, self.index))

    def run(self) -> None:
        """Trains the expert from its start or from its last snapshot."""
        recorder = TrajectoryRecorder(
            self.directory,
            normalization=self.data.normalization,
            expert=self.index,
            network=self.trainer.network,
            feature_layer=self.feature_layer,
            class_names=self.data.class_names,
            description=self.description,
            resume=True,
        )
        trainer, seed = self.trainer, self.description["seed"]
        batches = trainer.batches(self.data.x, self.data.y, [*seed, _BATCHES])
        trainer.restart([*seed, _WEIGHTS], batches.steps_per_epoch)
        if self.verbose:
            announce(self.title, trainer, trainer.network)
        # A Keras epoch is the part between two snapshots. If the steps of an
        # epoch are no multiple of them, the last steps of the training repeat
        # the start of one more epoch.
        snapshots = self.description.get("snapshots_per_epoch", 1)
        steps = -(-batches.steps_per_epoch // snapshots)
        epochs = trainer.recipe.epochs * snapshots
        batches.last_step = steps * epochs
        batches.first_step = recorder.initial_epoch * steps
        trainer.fit(
            batches,
            epochs=epochs,
            initial_epoch=recorder.initial_epoch,
            steps_per_epoch=steps,
            validation_data=self._test_batches(),
            validation_freq=snapshots,
            callbacks=[recorder, Progress(self.title, self.verbose)],
            shuffle=False,
            verbose=0,
        )

    def _test_batches(self):
        if self.validation_data is None:
            return None
        return TestBatches(*self.validation_data, self.data.num_classes)
