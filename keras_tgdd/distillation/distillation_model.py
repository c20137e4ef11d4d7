"""A Keras model that refuses what does not apply to a distillation."""

from typing import Any

import keras

from keras_tgdd.distillation.step_batches import StepBatches
from keras_tgdd.runtime.model_state import keeping_state


class DistillationModel(keras.Model):
    """Refuses the inherited methods that a distillation has no use for.

    Each refusal names what to do instead, and comes before Keras touches the
    weights: whatever is called, the synthetic images survive.

    Args:
        **kwargs: arguments of `keras.Model`.
    """

    def evaluate(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Refuses, and names `keras_tgdd.evaluate`; Keras' `fit` alone may
        ask for the losses of held-out steps."""
        if not isinstance(x, StepBatches):
            raise TypeError(
                "`evaluate` of a trainer does not apply. Test the distilled "
                "set with `keras_tgdd.evaluate(trainer.distilled_dataset(), "
                f"(x_test, y_test))`. Received: x of type {type(x).__name__}"
            )
        return super().evaluate(x, *args, **kwargs)

    def train_on_batch(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Makes one step from the inputs of a step source; refuses images."""
        if not isinstance(x, dict):
            raise TypeError(
                "`train_on_batch` of a trainer takes the inputs of a step, "
                "which `fit` prepares. Use `fit(x, y, steps_per_epoch=1)`. "
                f"Received: x of type {type(x).__name__}"
            )
        with keeping_state(self):
            return super().train_on_batch(x, *args, **kwargs)

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Refuses, and names `keras_tgdd.evaluate`."""
        raise TypeError(
            "A trainer does not classify images. Train a network on "
            "`trainer.distilled_dataset()`, as `keras_tgdd.evaluate` does. "
            f"Received: a call with {len(args) + len(kwargs)} arguments"
        )

    predict_on_batch = test_on_batch = predict

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuses, and names what is saved instead."""
        raise TypeError(
            "A trainer is not saved as a Keras model. Keep the result with "
            "`trainer.distilled_dataset().save(filepath)`, and the state with "
            "`fit(..., callbacks=[keras_tgdd.DistillationCheckpoint("
            "filepath)])`, from which the same call resumes. Received: a call "
            f"with {len(args) + len(kwargs)} arguments"
        )

    export = save

    def get_config(self) -> dict[str, Any]:
        """Refuses: experts and data are no configuration."""
        raise TypeError(
            "A trainer has no config, so it is neither copied nor cloned nor "
            "saved as a Keras model. Make another from its parts "
            "(`trainer.parts`); keep its result with "
            "`trainer.distilled_dataset().save(filepath)` and its state with a "
            "`keras_tgdd.DistillationCheckpoint`. Received: a request for the "
            "config"
        )
