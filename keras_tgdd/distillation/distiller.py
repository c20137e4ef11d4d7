"""What every method hands out: something that can distil."""

from typing import Any
from typing import Protocol
from typing import runtime_checkable

from keras_tgdd.synthetic.distilled_dataset import DistilledDataset


@runtime_checkable
class Distiller(Protocol):
    """Makes a distilled set in a number of steps.

    `DistillationTrainer` is one. Methods that do not descend on parameters,
    such as guided samplers, implement these two members alone; `distill`,
    examples and benchmarks use no others.
    """

    def fit(
        self,
        x: Any,
        y: Any = None,
        *,
        epochs: Any = 1,
        steps_per_epoch: int = 100,
        callbacks: list | None = None,
        verbose: int | str = "auto",
    ) -> Any:
        """Makes `epochs * steps_per_epoch` steps.

        Args:
            x: real images with labels, such as `TrainingData`; or an array,
                with `y`.
            y: int array of shape `(n,)`, or `None`.
            epochs: positive int, how often metrics are reported.
            steps_per_epoch: positive int, steps in an epoch.
            callbacks: list of `keras.callbacks.Callback`. A distiller that is
                no `keras.Model` calls `on_train_begin`, `on_epoch_begin`,
                `on_train_batch_end` and so on by itself.
            verbose: as in `keras.Model.fit`.
        """
        ...

    def distilled_dataset(self) -> DistilledDataset:
        """Returns the set as it is now."""
        ...
