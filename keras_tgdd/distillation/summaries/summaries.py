"""Stored summaries of real data."""

import json
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import PathLike
from keras_tgdd.objectives.objective import Objective
from keras_tgdd.runtime.fingerprint import differences
from keras_tgdd.storage.tensor_file import TensorFile
from keras_tgdd.storage.tensor_file import write_tensors

_FORMAT = "keras_tgdd.summaries"
_AUGMENTATION, _SUMMARY = "augmentation/", "summary/"
# Entries of a description without which summaries cannot be used.
_ENTRIES = ("data", "experts", "num_classes", "objective", "augmentation")


class Summaries:
    """What an objective needs to know of the real data, for a plan of draws.

    `keras_tgdd.summarize` makes them; `DistillationTrainer.fit` distils from
    them without the data. The same summaries serve any number of images per
    class, factor, constraint weight and optimizer.

    Args:
        experts: int array of shape `(n_entries,)`.
        stages: int array of shape `(n_entries,)`, snapshots of the experts.
        augmentation: dict of float32 arrays of shape
            `(n_entries, n_classes, ...)`, draws of `SiameseAugmentation`.
        values: dict of float32 arrays of shape `(n_entries, n_classes, ...)`,
            the results of the objective's `summarize`.
        description: JSON-compatible dict: what was summarized, and how.

    Example:

    ```python
    summaries = keras_tgdd.summarize(experts, (x_train, y_train), plan=80)
    trainer.fit(summaries, steps_per_epoch=500)
    ```
    """

    def __init__(
        self,
        experts: np.ndarray,
        stages: np.ndarray,
        augmentation: dict[str, np.ndarray],
        values: dict[str, np.ndarray],
        description: dict,
    ) -> None:
        self.experts = np.asarray(experts, "int32")
        self.stages = np.asarray(stages, "int32")
        self.augmentation = augmentation
        self.values = values
        self.description = json.loads(json.dumps(description))

    def __len__(self):
        return len(self.experts)

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.description["num_classes"]

    def entry(self, index: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Returns the augmentation draw and the summary of an entry."""
        return (
            {key: value[index] for key, value in self.augmentation.items()},
            {key: value[index] for key, value in self.values.items()},
        )

    @property
    def objective(self) -> Objective:
        """The objective that made them, rebuilt from its record.

        Raises:
            ValueError: if its class is neither of this package nor registered
                by `keras.saving.register_keras_serializable`.
        """
        name, config = self.description["objective"]
        registered = keras.saving.get_custom_objects()
        known = [
            value
            for value in registered.values()
            if isinstance(value, type)
            and issubclass(value, Objective)
            and value.__name__ == name
        ]
        if not known:
            raise ValueError(
                "The objective of summaries must be one of this package, or "
                "registered by `keras.saving.register_keras_serializable`. "
                f"Received: objective={name!r}"
            )
        # This package's own is registered first.
        return known[0].from_config(config)

    def merge(self, other: "Summaries") -> "Summaries":
        """Combines the summaries of two disjoint parts of the data.

        Args:
            other: `Summaries` of the same plan, experts, objective and
                augmentation, from other images.

        Returns:
            New `Summaries` of both parts.

        Raises:
            TypeError: if summaries of this objective do not add up.
            ValueError: if the two differ in more than their data, or share
                data.
        """
        objective = self.objective
        check_same_making(self.description, other.description)
        data = self.description["data"] + other.description["data"]
        if len(set(data)) < len(data):
            raise ValueError(
                "Merged summaries must come from disjoint parts of the data. "
                "Received: two summaries of the same images"
            )
        merged = [
            objective.merge(
                *keras.tree.map_structure(
                    ops.convert_to_tensor,
                    (self.entry(index)[1], other.entry(index)[1]),
                )
            )
            for index in range(len(self))
        ]
        values = {
            key: np.stack([ops.convert_to_numpy(m[key]) for m in merged])
            for key in self.values
        }
        description = {**self.description, "data": sorted(data)}
        return Summaries(
            self.experts, self.stages, self.augmentation, values, description
        )

    def save(self, filepath: PathLike) -> None:
        """Writes one safetensors file.

        Args:
            filepath: path; its directory must exist.
        """
        tensors = {"experts": self.experts, "stages": self.stages}
        for prefix, group in (
            (_AUGMENTATION, self.augmentation),
            (_SUMMARY, self.values),
        ):
            for key, value in group.items():
                tensors[prefix + key] = np.asarray(value, "float32")
        write_tensors(
            filepath,
            tensors,
            {"format": _FORMAT, "description": json.dumps(self.description)},
        )

    @classmethod
    def load(cls, filepath: PathLike) -> "Summaries":
        """Reads what `save` wrote, under any backend.

        Args:
            filepath: path of the file.

        Returns:
            `Summaries`.

        Raises:
            FileNotFoundError: if there is no such file.
            ValueError: if it is damaged or holds something else.
        """
        stored = TensorFile(filepath, _FORMAT)
        description = stored.get_entries("description", _ENTRIES)
        experts = stored.get_tensor("experts", "int32", (None,))
        first = (len(experts), description["num_classes"])
        names = stored.keys()

        def group(prefix):
            found = {
                name.removeprefix(prefix): stored.get_tensor(name, "float32")
                for name in names
                if name.startswith(prefix)
            }
            return {
                name: _with_axes(filepath, name, value, first)
                for name, value in found.items()
            }

        return cls(
            experts,
            stored.get_tensor("stages", "int32", experts.shape),
            group(_AUGMENTATION),
            group(_SUMMARY),
            description,
        )


def _with_axes(filepath, name, value, first):
    """Refuses what is not one value for each entry and class."""
    if value.shape[:2] != first:
        raise ValueError(
            f"{str(filepath)!r} is damaged: {name!r} must begin with axes "
            f"{first}. Received: shape={value.shape}. Delete it and make it "
            "again."
        )
    return value


def check_same_making(first: dict, second: dict) -> None:
    """Refuses summaries that differ in more than their data.

    Args:
        first: dict, a description.
        second: dict, another.

    Raises:
        ValueError: naming the entries that differ.
    """
    keys = sorted((first.keys() | second.keys()) - {"data"})
    differing = differences(first, {key: second.get(key) for key in keys})
    if differing:
        raise ValueError(
            "Summaries must be of the same plan, experts, objective and "
            "augmentation. Received: " + "; ".join(differing)
        )
