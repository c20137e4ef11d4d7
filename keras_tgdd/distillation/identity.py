"""How a distilled set was made, and what tells distillations apart."""

import json
import pathlib
from typing import Any

import keras

from keras_tgdd.arguments import PathLike
from keras_tgdd.distillation.parts import DistillationParts
from keras_tgdd.distillation.summaries.summarize import describe_parts
from keras_tgdd.objectives.class_mean_matching import ClassMeanMatching
from keras_tgdd.runtime.fingerprint import settings_fingerprint
from keras_tgdd.trajectories.expert_trajectories import ExpertTrajectories


def describe_distillation(
    parts: DistillationParts,
    optimizer: keras.optimizers.Optimizer | None,
    steps: int,
) -> dict[str, Any]:
    """Returns the settings of a distillation and how far it is.

    Args:
        parts: `DistillationParts`.
        optimizer: that of the trainer, or `None` before `compile`.
        steps: int, steps made.

    Returns:
        JSON-compatible dict.
    """
    return {
        "method": parts.method or _method(parts),
        "trajectory": type(parts.trajectory).__name__,
        "objective": type(parts.objective).__name__,
        "constraint_weight": (
            parts.constraint_weight if parts.constrained else 0.0
        ),
        "images_per_class": parts.synthetic.counts.tolist(),
        "region": parts.region,
        "samples_per_class": parts.samples_per_class,
        "steps": steps,
        "optimizer": None if optimizer is None else _optimizer(optimizer),
        "augmentation": list(parts.augmentation.operations),
        "seed": parts.seed,
        "backend": keras.backend.backend(),
        "keras": keras.__version__,
    }


def identify(
    parts: DistillationParts,
    optimizer: keras.optimizers.Optimizer,
    data: str,
    step: str = "FeatureStep",
) -> dict[str, Any]:
    """Returns what must match before a stored state is resumed.

    Reads all data and the parameterisation, so it is asked once, before the
    first step.

    Args:
        parts: `DistillationParts`.
        optimizer: that of the trainer.
        data: string, the identity of the `StepSource`.
        step: string, class name of the `DistillationStep`. Defaults to that
            of `FeatureStep`, which is left out: files of former versions do
            not have it.

    Returns:
        JSON-compatible dict.
    """
    settings = {
        **describe_distillation(parts, optimizer, steps=0),
        **describe_parts(parts.objective, parts.augmentation),
        "constraint": _constraint(parts.constraint),
        "max_decoded": parts.max_decoded,
        **parts.synthetic.describe_start(),
        "experts": parts.trajectory.fingerprint(),
        "feature_layer": parts.trajectory.network.feature_layer,
        "data": data,
    }
    del settings["steps"], settings["optimizer"]["name"]
    if step != "FeatureStep":
        settings["step"] = step
    return json.loads(json.dumps(settings))  # tuples as files hold them


def checkpoint_path(
    directory: PathLike, identity: dict[str, Any], num_steps: int
) -> pathlib.Path:
    """Returns the path of the file of one distillation among others.

    Args:
        directory: path.
        identity: dict that `identify` returned.
        num_steps: int, how many steps the distillation makes in all.
    """
    key = settings_fingerprint({**identity, "num_steps": num_steps})
    return pathlib.Path(directory) / f"distillation_{key}.safetensors"


def _method(parts):
    """Names the method from its parts when no method set a name."""
    staged = isinstance(parts.trajectory, ExpertTrajectories)
    if not staged or type(parts.objective) is not ClassMeanMatching:
        return "distribution matching"
    return "tgdd" if parts.constrained else "stage-wise matching"


def _constraint(constraint):
    """Name of a function, or of the class of a callable."""
    if constraint is None:
        return "bool"  # what files say since False stood for none
    return getattr(constraint, "__name__", type(constraint).__name__)


def _optimizer(optimizer):
    """The config of an optimizer, named by its class: Keras numbers the names
    of all optimizers of a process."""
    config = {
        key: value
        for key, value in optimizer.get_config().items()
        if isinstance(value, (str, int, float, bool, type(None), dict))
    }
    return {**config, "name": type(optimizer).__name__.lower()}
