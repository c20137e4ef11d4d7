"""How a distilled set was made, as it stands in its file."""

from typing import TYPE_CHECKING
from typing import Any

import keras

from keras_tgdd.objectives.class_mean_matching import ClassMeanMatching

if TYPE_CHECKING:
    from keras_tgdd.distillation.trainer import DistillationTrainer


def describe_distillation(trainer: "DistillationTrainer") -> dict[str, Any]:
    """Returns the settings of a distillation and how far it is.

    Args:
        trainer: `DistillationTrainer`.

    Returns:
        JSON-compatible dict.
    """
    return {
        "method": trainer.method or _method(trainer),
        "trajectory": type(trainer.trajectory).__name__,
        "objective": type(trainer.objective).__name__,
        "constraint_weight": (
            trainer.constraint_weight if trainer.constrained else 0.0
        ),
        "images_per_class": trainer.synthetic.counts.tolist(),
        "region": trainer.region,
        "samples_per_class": trainer.samples_per_class,
        "steps": trainer.num_steps if trainer.compiled else 0,
        "optimizer": (
            _optimizer(trainer.optimizer) if trainer.compiled else None
        ),
        "augmentation": list(trainer.augmentation.operations),
        "seed": trainer.seed,
        "backend": keras.backend.backend(),
        "keras": keras.__version__,
    }


def _method(trainer):
    """The method of this name, or what is left of it."""
    staged = hasattr(trainer.trajectory, "num_experts")
    if not staged or type(trainer.objective) is not ClassMeanMatching:
        return "distribution matching"
    return "tgdd" if trainer.constrained else "stage-wise matching"


def _plain(config):
    """Keeps the JSON-compatible entries of a config."""
    return {
        key: value
        for key, value in config.items()
        if isinstance(value, (str, int, float, bool, type(None), dict))
    }


def _optimizer(optimizer):
    """The config of an optimizer, named by its class: Keras numbers the names
    of all that a process makes."""
    config = _plain(optimizer.get_config())
    return {**config, "name": type(optimizer).__name__.lower()}
