"""How one expert lies on disk.

A finished expert is one file, `expert_000.safetensors`: a flat float32 vector
of all weights for every epoch, accuracies, and metadata that describe network,
data and recipe. While it trains it is a folder, `expert_000.partial`, of one
such vector a file and the latest optimizer state, since safetensors files
cannot be appended to; a killed run continues from there.
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
    """Path of the file of a finished expert."""
    return pathlib.Path(directory) / f"expert_{index:03d}.safetensors"


def partial_path(directory: PathLike, index: int) -> pathlib.Path:
    """Path of the folder of an expert that is being trained."""
    return pathlib.Path(directory) / f"expert_{index:03d}.partial"


class ExpertWriter:
    """Writes the snapshots of one expert as training goes.

    Args:
        directory: path of the trajectories' directory; must exist.
        index: int, number of the expert.
        description: JSON-compatible dict that describes network, data and
            recipe; stored in every file and compared before continuing.
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
        epoch: int,
        weights: np.ndarray,
        accuracies: tuple[float, float],
        optimizer_state: Sequence = (),
    ) -> None:
        """Stores the snapshot after an epoch (0: the initial weights).

        Args:
            epoch: int.
            weights: float32 array of shape `(num_weights,)`.
            accuracies: pair of floats, accuracy on training and test data,
                NaN where not measured.
            optimizer_state: arrays from which training can continue.
        """
        self.folder.mkdir(exist_ok=True)
        write_tensors(
            self._snapshot(epoch),
            {"weights": weights, "accuracies": np.float32(accuracies)},
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
                "epoch": str(epoch),
                "description": json.dumps(self.description),
            },
        )

    def resume(self) -> tuple[int, np.ndarray, list[np.ndarray]] | None:
        """Reads the state of an interrupted training.

        Returns:
            `(epoch, weights, optimizer_state)` after the last stored epoch,
            or `None` where nothing is stored.

        Raises:
            ValueError: if it was recorded with another network, data or
                recipe, or a file is damaged.
        """
        path = self.folder / "state.safetensors"
        if not path.is_file():
            return None
        stored = TensorFile(path, _STATE)
        description = stored.get_json("description", dict)
        check_same(path, description, self.description)
        epoch = stored.get_json("epoch", int)
        state = [stored.get_tensor(name) for name in sorted(stored.keys())]
        snapshot = TensorFile(self._snapshot(epoch), EXPERT)
        return epoch, snapshot.get_tensor("weights"), state

    def finish(self) -> None:
        """Gathers the snapshots into one file and removes the folder."""
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
        """Removes what an unfinished training left."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _snapshot(self, epoch):
        return self.folder / f"epoch_{epoch:04d}.safetensors"


class ExpertReader:
    """Reads the snapshots of one finished expert, each when asked for.

    Args:
        filepath: path of the expert's file.

    Attributes:
        description: dict that describes network, data and recipe.
        num_snapshots: int, epochs plus one.
        accuracies: float32 array of shape `(num_snapshots, 2)`: accuracy on
            training and test data after each epoch, NaN where not measured.

    Raises:
        FileNotFoundError, ValueError: as `TensorFile`.
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

    def weights(self, epoch: int) -> np.ndarray:
        """Returns the flat float32 weights after `epoch` epochs."""
        return self._tensors.get_tensor(
            self._names[epoch], "float32", (self._num_weights,)
        )


def bytes_to_come(
    directory: PathLike, indices: Sequence[int], snapshots: int, weights: int
) -> int:
    """Returns how much experts that are missing will add, at the most.

    That is while the last of them is gathered: the finished files, its folder
    of as many snapshots beside its file, and the optimizer's state, replaced
    by a second one. What folders of theirs hold by now is there already.

    Args:
        directory: path.
        indices: sequence of ints, numbers of the experts.
        snapshots: int, snapshots of each, the initial weights among them.
        weights: int, weights of the network.
    """
    if not indices:
        return 0
    of_snapshot = 4 * weights
    there = sum(
        path.stat().st_size
        for index in indices
        for path in partial_path(directory, index).glob("*.safetensors")
    )
    copies = (len(indices) + 1) * snapshots
    return max(0, (copies + 2) * of_snapshot - there)


def check_same(path: PathLike, stored: dict, wanted: dict) -> None:
    """Refuses to mix experts of different networks, data or recipes.

    Raises:
        ValueError: naming the first entries that differ.
    """
    differing = differences(stored, {key: wanted.get(key) for key in IDENTITY})
    if differing:
        raise ValueError(
            f"{str(path)!r} was recorded under other conditions; choose "
            "another directory, or delete it. Received: " + "; ".join(differing)
        )


# Entries of a description without which experts cannot be used.
_ENTRIES = (
    *("network", "weight_shapes", "feature_layer", "image_shape"),
    *("num_classes", "mean", "std", "class_names"),
)
# Entries of a description that must agree for experts to be mixed.
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
