"""Partial summaries, saved so that an interrupted computation can resume."""

import json
import pathlib
import time

import numpy as np

from keras_tgdd.runtime.quantities import format_bytes
from keras_tgdd.storage.free_space import check_free_space
from keras_tgdd.storage.tensor_file import TensorFile
from keras_tgdd.storage.tensor_file import write_tensors

_FORMAT = "keras_tgdd.begun_summaries"
_SECONDS_BETWEEN_WRITES = 10.0


class PartialSummaries:
    """The finished entries, written every ten seconds.

    Args:
        filepath: path of the finished file; the partial one has `.partial`
            added.
        description: dict, of the finished summaries.
        num_entries: int, entries of the finished summaries.

    Attributes:
        values: list of dicts of arrays, the finished entries.

    Raises:
        ValueError: if there is a partial file, and it is damaged.
    """

    def __init__(
        self,
        filepath: pathlib.Path,
        description: dict,
        num_entries: int,
    ) -> None:
        self._path = filepath.with_name(f"{filepath.name}.partial")
        self._description = json.dumps(description, sort_keys=True)
        self._num_entries = num_entries
        self._checked = False
        self._written = time.monotonic()
        self.values: list[dict[str, np.ndarray]] = []
        if self._path.is_file():
            stored = TensorFile(self._path, _FORMAT)
            if stored.metadata.get("description") == self._description:
                stacked = {k: stored.get_tensor(k) for k in stored.keys()}
                count = len(next(iter(stacked.values())))
                self.values = [
                    {key: value[i] for key, value in stacked.items()}
                    for i in range(count)
                ]

    def append(self, values: dict[str, np.ndarray]) -> None:
        """Adds an entry, and writes all of them if it is time.

        Raises:
            OSError: if the finished file would not fit on the disk.
        """
        self.values.append(values)
        if not self._checked:
            self._check_space(values)
            self._checked = True
        overdue = time.monotonic() - self._written > _SECONDS_BETWEEN_WRITES
        if overdue:
            metadata = {"format": _FORMAT, "description": self._description}
            write_tensors(self._path, stack(self.values), metadata)
            self._written = time.monotonic()

    def _check_space(self, values):
        """By the first entry, since objectives alone know their sizes."""
        of_entry = sum(np.asarray(value).nbytes for value in values.values())
        there = self._path.stat().st_size if self._path.is_file() else 0
        check_free_space(
            self._path.parent,
            # The partial file stays until the finished one is complete.
            max(0, 2 * self._num_entries * of_entry - there),
            f"{self._num_entries} summaries of {format_bytes(of_entry)}, all "
            "of them twice while they are finished",
            "Plan fewer, or choose another `directory`.",
        )

    def discard(self) -> None:
        """Removes the partial file."""
        self._path.unlink(missing_ok=True)


def stack(entries: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Stacks the arrays of entries along a new first axis."""
    return {key: np.stack([e[key] for e in entries]) for key in entries[0]}
