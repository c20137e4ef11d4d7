"""Networks of an evaluation that are done, so that none is trained twice."""

import json
import pathlib

from keras_tgdd.arguments import PathLike
from keras_tgdd.evaluation.result import EvaluationResult
from keras_tgdd.storage.atomic_write import atomic_write

_FORMAT = "keras_tgdd.finished_runs"


class FinishedRuns:
    """Results of one network each, in a JSON file.

    Args:
        filepath: path of the file; its directory must exist. `None` keeps
            them in memory alone.
        identity: JSON-compatible dict, what must be the same for results to
            be of this evaluation.

    Attributes:
        results: list of `EvaluationResult`.

    Raises:
        FileNotFoundError: if the directory does not exist.
        ValueError: if the file is of another evaluation, or damaged.
    """

    def __init__(self, filepath: PathLike | None, identity: dict) -> None:
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
            self.results = self._read()

    def append(self, result: EvaluationResult) -> None:
        """Adds the result of a network, and writes all of them."""
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

    def _read(self):
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            if content["format"] != _FORMAT:
                raise KeyError("format")
            # Files without the entry are older than soft labels.
            stored = {"kind of labels": "hard", **content["identity"]}
            results = content["results"]
            results = [EvaluationResult.from_dict(r) for r in results]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{str(self._path)!r} is damaged, or holds something else "
                f"than finished runs ({type(error).__name__}: {error}). Delete "
                "it, or choose another file."
            ) from error
        differing = [
            key
            for key, value in self._identity.items()
            if stored.get(key) != value
        ]
        if differing:
            raise ValueError(
                f"{str(self._path)!r} is of another evaluation; choose another "
                f"file, or delete it. Received: another {', '.join(differing)}"
            )
        return results
