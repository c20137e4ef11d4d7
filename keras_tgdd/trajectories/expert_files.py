"""The files of one expert.

A finished expert is one file, `expert_000.safetensors`. It holds the flat
float32 vector of all weights of every snapshot, `epoch_0000` and so on, the
accuracies, and metadata that describe network, data and recipe. During
training the expert is a folder, `expert_000.partial`, because safetensors
files cannot be appended to: one file per snapshot, and one with the latest
state of the optimizer, from which an interrupted training resumes.
"""

import json
import math
import pathlib
import shutil
from collections.abc import Sequence

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.runtime.fingerprint import differences
from keras_tgdd.storage.tensor_file import TensorFile
from keras_tgdd.storage.tensor_file import write_tensors

EXPERT = "keras_tgdd.expert"
_STATE = "keras_tgdd.expert_state"


def expert_path(directory: PathLike, index: int) -> pathlib.Path:
    """Returns the path of a finished expert's file."""
    return pathlib.Path(directory) / f"expert_{index:03d}.safetensors"


def partial_path(directory: PathLike, index: int) -> pathlib.Path:
    """Returns the path of an unfinished expert's folder."""
    return pathlib.Path(directory) / f"expert_{index:03d}.partial"


class ExpertWriter:
    """Writes the snapshots of one expert during its training.

    Args:
        directory: path of the experts' directory; must exist.
        index: int, number of the expert.
        description: JSON-compatible dict that describes network, data and
            recipe. It is stored, and compared before a training resumes.

    Attributes:
        filepath: `pathlib.Path` of the finished file.
        folder: `pathlib.Path` of the folder of snapshots.
        description: dict, as it reads after a round through JSON.
    """

    def __init__(
        self, directory: PathLike, index: int, description: dict
    ) -> None:
        self.filepath = expert_path(directory, index)
        self.folder = partial_path(directory, index)
        self.description = json.loads(json.dumps(description))

    @property
    def finished(self) -> bool:
        """Whether the expert's file is complete."""
        return self.filepath.is_file()

    def append(
        self,
        snapshot: int,
        weights: np.ndarray,
        accuracies: tuple[float, float],
        optimizer_state: Sequence = (),
    ) -> None:
        """Stores a snapshot, and the state from which training resumes.

        Args:
            snapshot: int, number of the snapshot; 0 holds the initial
                weights.
            weights: float32 array of shape `(num_weights,)`.
            accuracies: pair of floats in [0, 1], accuracy on training and test
                data, NaN if not measured.
            optimizer_state: sequence of arrays.
        """
        self.folder.mkdir(exist_ok=True)
        write_tensors(
            self._path(snapshot),
            {
                "weights": weights,
                "accuracies": np.asarray(accuracies, "float32"),
            },
            {"format": EXPERT},
        )
        write_tensors(
            self.folder / "state.safetensors",
            {
                f"{position:04d}": np.array(value)
                for position, value in enumerate(optimizer_state)
            },
            {
                "format": _STATE,
                "epoch": str(snapshot),
                "description": json.dumps(self.description),
            },
        )

    def resume(self) -> tuple[int, np.ndarray, list[np.ndarray]] | None:
        """Reads the state of an interrupted training.

        Returns:
            `(snapshot, weights, optimizer_state)`: the number of the last
            stored snapshot, its float32 weights of shape `(num_weights,)`,
            and the list of the optimizer's arrays; or `None` if nothing is
            stored.

        Raises:
            ValueError: if the state has another network, data or recipe, or a
                file is damaged.
        """
        path = self.folder / "state.safetensors"
        if not path.is_file():
            return None
        stored = TensorFile(path, _STATE)
        description = stored.get_json("description", dict)
        check_same(path, description, self.description)
        snapshot = stored.get_json("epoch", int)
        state = [stored.get_tensor(name) for name in sorted(stored.keys())]
        weights = TensorFile(self._path(snapshot), EXPERT).get_tensor("weights")
        return snapshot, weights, state

    def finish(self) -> None:
        """Merges the snapshots into one file and removes the folder."""
        paths = sorted(self.folder.glob("epoch_*.safetensors"))
        tensors, accuracies = {}, []
        for path in paths:
            snapshot = TensorFile(path, EXPERT)
            tensors[path.stem] = snapshot.get_tensor("weights")
            accuracies.append(snapshot.get_tensor("accuracies"))
        tensors["accuracies"] = np.stack(accuracies)
        metadata = {
            "format": EXPERT,
            "description": json.dumps(self.description),
        }
        write_tensors(self.filepath, tensors, metadata)
        self.discard()

    def discard(self) -> None:
        """Removes the folder of an unfinished training."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, snapshot):
        return self.folder / f"epoch_{snapshot:04d}.safetensors"


class ExpertReader:
    """Reads the snapshots of one finished expert, each when it is used.

    Args:
        filepath: path of the expert's file.

    Attributes:
        filepath: path of the expert's file.
        description: dict that describes network, data and recipe.
        num_snapshots: int, including the initial weights.
        accuracies: float32 array of shape `(num_snapshots, 2)`: accuracy on
            training and test data at each snapshot, in [0, 1], NaN where not
            measured.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is damaged, or does not hold an expert.
    """

    def __init__(self, filepath: PathLike) -> None:
        self.filepath = filepath
        self._tensors = TensorFile(filepath, EXPERT)
        self.description = self._tensors.get_entries("description", _ENTRIES)
        self._names = sorted(
            name for name in self._tensors.keys() if name.startswith("epoch_")
        )
        self.num_snapshots = len(self._names)
        self.accuracies = self._tensors.get_tensor(
            "accuracies", "float32", (self.num_snapshots, 2)
        )
        self._num_weights = sum(
            math.prod(shape) for shape in self.description["weight_shapes"]
        )

    def weights(self, snapshot: int) -> np.ndarray:
        """Returns the weights of a snapshot, float32 of shape
        `(num_weights,)`."""
        return self._tensors.get_tensor(
            self._names[snapshot], "float32", (self._num_weights,)
        )


def bytes_to_come(
    directory: PathLike, indices: Sequence[int], snapshots: int, weights: int
) -> int:
    """Returns how many bytes missing experts add to the disk at most.

    The peak is reached when the last expert is merged: all finished files,
    the folder of the last expert beside its file, and the optimizer's state,
    of which a second copy is written before the first is removed. The present
    content of the experts' folders is subtracted.

    Args:
        directory: path of the experts' directory.
        indices: sequence of ints, numbers of the missing experts.
        snapshots: int, snapshots per expert, including the initial weights.
        weights: int, weights of the network.
    """
    if not indices:
        return 0
    bytes_per_snapshot = 4 * weights
    present = sum(
        path.stat().st_size
        for index in indices
        for path in partial_path(directory, index).glob("*.safetensors")
    )
    copies = (len(indices) + 1) * snapshots
    return max(0, (copies + 2) * bytes_per_snapshot - present)


def check_same(path: PathLike, stored: dict, wanted: dict) -> None:
    """Refuses experts of different networks, data or recipes.

    Args:
        path: path of the stored expert, for the message.
        stored: dict, its description.
        wanted: dict, the description that it must agree with.

    Raises:
        ValueError: naming the entries that differ.
    """
    differing = differences(stored, {key: wanted.get(key) for key in IDENTITY})
    if differing:
        raise ValueError(
            f"{str(path)!r} was recorded under other conditions; choose "
            "another directory, or delete it. Received: " + "; ".join(differing)
        )


# Entries that every description must have.
_ENTRIES = (
    *("network", "weight_shapes", "feature_layer", "image_shape"),
    *("num_classes", "mean", "std", "class_names"),
)
# Entries that must be equal in the descriptions of experts used together.
IDENTITY = (
    "image_shape",
    "num_classes",
    "weight_shapes",
    "data",
    "mean",
    "std",
    "recipe",
    "snapshots_per_epoch",
    "seed",
)
