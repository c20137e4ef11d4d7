"""Results of finished networks, stored so that an evaluation can resume."""

import json
import pathlib
from typing import Any

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.evaluation.result import EvaluationResult
from keras_tgdd.runtime.fingerprint import differences
from keras_tgdd.storage.atomic_write import atomic_write

_FORMAT = "keras_tgdd.finished_runs"


class FinishedRuns:
    """One result per finished network, in a JSON file.

    Args:
        filepath: path of the file, in an existing directory. `None` keeps the
            results in memory only.
        identity: JSON-compatible dict of everything that determines the
            results. A file with another identity is refused.

    Attributes:
        results: list of `EvaluationResult`, one per network.

    Raises:
        FileNotFoundError: if the directory does not exist.
        ValueError: if the file belongs to another evaluation, or is damaged.
    """

    results: list[EvaluationResult]

    def __init__(
        self, filepath: PathLike | None, identity: dict[str, Any]
    ) -> None:
        self._path = None if filepath is None else pathlib.Path(filepath)
        self._identity = json.loads(json.dumps(identity))
        self.results = []
        if self._path is None:
            return
        if not self._path.parent.is_dir():
            raise FileNotFoundError(
                "`filepath` must lie in a directory that exists. Received: "
                f"filepath={str(filepath)!r}"
            )
        if self._path.is_file():
            self.results = _read(self._path, self._identity)

    def append(self, result: EvaluationResult) -> None:
        """Adds the result of one network and rewrites the file."""
        self.results.append(result)
        if self._path is None:
            return
        content = {
            "format": _FORMAT,
            "identity": self._identity,
            "results": [result.to_dict() for result in self.results],
        }
        with atomic_write(self._path) as temporary:
            temporary.write_text(json.dumps(content), encoding="utf-8")


def _read(path, identity):
    """Returns the stored results, which must be of this identity."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise KeyError("format")
        stored = _current_identity(content["identity"])
        results = [EvaluationResult.from_dict(r) for r in content["results"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{str(path)!r} is damaged, or holds something else than finished "
            f"runs ({type(error).__name__}: {error}). Delete it, or choose "
            "another file."
        ) from error
    differing = differences(stored, identity, "another {key}")
    if differing:
        raise ValueError(
            f"{str(path)!r} belongs to another evaluation; choose another "
            f"file, or delete it. Received: {', '.join(differing)}"
        )
    return results


def _current_identity(stored):
    """Returns the identity of a file as it is written today."""
    # Files without this entry were written before soft labels existed.
    stored = {"kind of labels": "hard", **stored}
    # Earlier files hold the float64 numbers that the caller passed.
    if "normalization" in stored:
        stored["normalization"] = [
            np.float32(numbers).tolist() for numbers in stored["normalization"]
        ]
    return stored
