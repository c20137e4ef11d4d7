"""The checked arguments of an evaluation, as one value."""

import dataclasses
from typing import Any

import keras
import numpy as np

from keras_tgdd.arguments import NetworkFn
from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.datasets.image_dataset import ImageDataset
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.evaluation.architectures import Architecture
from keras_tgdd.evaluation.architectures import get_architecture
from keras_tgdd.evaluation.protocols import get_protocol
from keras_tgdd.models.conv_net import ConvNet
from keras_tgdd.runtime.fingerprint import fingerprint
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.training.recipe import TrainingRecipe


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class EvaluationTask:
    """The data, the network and the training of an evaluation.

    Attributes:
        x: training images, array of shape `(n, height, width, channels)`,
            uint8 in 0–255 or float in [0, 1].
        y: int array of shape `(n,)`.
        soft_labels: float32 array of shape `(n, num_classes)` to train on in
            place of `y`, or `None`.
        num_classes: int.
        normalization: `Normalization` of training and test images.
        test_data: pair of test images and labels, as `x` and `y`.
        network: function of `(input_shape, num_classes)` that builds a
            functional `keras.Model`.
        protocol: `TrainingRecipe`, including the changes of a named network.
        test_every: int, epochs between two tests, or `None` for one test
            after the last epoch.
        description: dict, the fields of `EvaluationResult` that describe the
            set and the network.
    """

    x: np.ndarray
    y: np.ndarray
    soft_labels: np.ndarray | None
    num_classes: int
    normalization: Normalization
    test_data: tuple[np.ndarray, np.ndarray]
    network: NetworkFn
    protocol: TrainingRecipe
    test_every: int | None
    description: dict[str, Any]

    @property
    def targets(self) -> np.ndarray:
        """Labels to train on: ints `(n,)` or floats `(n, num_classes)`."""
        return self.y if self.soft_labels is None else self.soft_labels

    def identity(self, network: keras.Model, seed: int) -> dict[str, Any]:
        """Returns what determines the result of every network.

        Args:
            network: the model that `self.network` built.
            seed: int, seed of the evaluation.

        Returns:
            JSON-compatible dict. Its keys and values are part of stored files
            (see `FinishedRuns`).
        """
        mean, std = self.normalization.mean, self.normalization.std
        identity = {
            "training images": fingerprint(self.x, self.y),
            "test images": fingerprint(*self.test_data),
            "normalization": [np.ravel(mean).tolist(), np.ravel(std).tolist()],
            "protocol": self.protocol.fingerprint,
            "network": [list(weight.shape) for weight in network.weights],
            "dtype": [layer.compute_dtype for layer in network.layers],
            "seed": seed,
            "test_every": self.test_every,
            "kind of labels": "hard",
        }
        if self.soft_labels is not None:
            positions = np.arange(len(self.soft_labels))
            identity["kind of labels"] = "soft"
            identity["soft labels"] = fingerprint(self.soft_labels, positions)
        return identity


def evaluation_task(
    distilled: Any,
    test_data: Any,
    *,
    network: NetworkFn | str | None = None,
    protocol: str | TrainingRecipe = "tgdd",
    normalization: Normalization | None = None,
    soft_labels: bool = False,
    test_every: int | None = None,
) -> EvaluationTask:
    """Checks the arguments of `evaluate` and completes them.

    Args:
        distilled: as in `evaluate`.
        test_data: as in `evaluate`.
        network: as in `evaluate`.
        protocol: as in `evaluate`.
        normalization: as in `evaluate`.
        soft_labels: as in `evaluate`.
        test_every: as in `evaluate`.

    Returns:
        `EvaluationTask`.

    Raises:
        TypeError, ValueError: as `evaluate`.
    """
    architecture = _architecture(network)
    protocol = architecture.adapt(get_protocol(protocol))
    x, y, normalization = _training_images(distilled, normalization)
    num_classes = int(y.max()) + 1
    _check_test_every(test_every, protocol.epochs)
    return EvaluationTask(
        x=x,
        y=y,
        soft_labels=_soft_labels(distilled, soft_labels),
        num_classes=num_classes,
        normalization=normalization,
        test_data=as_test_data(test_data, x.shape[1:], num_classes),
        network=architecture.network,
        protocol=protocol,
        test_every=test_every,
        description={
            "network": _network_name(network),
            "labels": "soft" if soft_labels else "hard",
            **_describe_set(distilled),
        },
    )


def as_test_data(
    test_data: Any, image_shape: tuple[int, ...], num_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Checks test images and labels and returns them.

    Args:
        test_data: a pair `(x_test, y_test)` of arrays, or an `ImageDataset`,
            whose test part is used. Classes may be missing.
        image_shape: triple of ints, shape of the training images.
        num_classes: int, classes of the training images.

    Returns:
        Images of shape `(n, height, width, channels)`, uint8 in 0–255 or
        float in [0, 1], and int labels of shape `(n,)`.

    Raises:
        TypeError: if `test_data` is neither a pair nor an `ImageDataset`, or
            the arrays are not images and integer labels.
        ValueError: if they do not fit the training images.
    """
    if isinstance(test_data, ImageDataset):
        test_data = test_data.test
    if not isinstance(test_data, (tuple, list)) or len(test_data) != 2:
        raise TypeError(
            "`test_data` must be a pair (x_test, y_test) of arrays or an "
            f"ImageDataset. Received: {type(test_data).__name__}"
        )
    x_test, y_test = test_data
    check_images(x_test, image_shape, "x_test")
    check_labels(y_test, len(x_test), num_classes, "y_test", every_class=False)
    return x_test, y_test


def _training_images(distilled, normalization):
    """Returns images, labels and their normalization."""
    if isinstance(distilled, DistilledDataset):
        if normalization is not None:
            raise ValueError(
                "A DistilledDataset carries its own normalization; "
                "`normalization` must be None. Received: "
                f"normalization={normalization!r}"
            )
        return *distilled.to_numpy(), distilled.normalization
    if not isinstance(distilled, (tuple, list)) or len(distilled) != 2:
        raise TypeError(
            "`distilled` must be a DistilledDataset or a pair (x, y) of "
            f"arrays. Received: {type(distilled).__name__}"
        )
    data = TrainingData(*distilled, normalization=normalization)
    if normalization is None:
        normalization = data.normalization
    return data.x, data.y, normalization


def _soft_labels(distilled, requested):
    """Returns the soft labels to train on, or `None` for hard labels."""
    if not isinstance(requested, bool):
        raise TypeError(
            "`soft_labels` must be True or False; the soft labels are taken "
            f"from the set. Received: {type(requested).__name__}"
        )
    if not requested:
        return None
    found = getattr(distilled, "soft_labels", None)
    if found is None:
        raise ValueError(
            "`soft_labels=True` needs a DistilledDataset with soft labels. "
            "Add them with `keras_tgdd.evaluation.relabel(distilled, experts)`"
            ", or train on hard labels with `soft_labels=False`. Received: "
            f"{type(distilled).__name__} without soft labels"
        )
    return found


def _architecture(network: Any) -> Architecture:
    """Returns the network with the changes that it makes to a protocol."""
    if network is None:
        return Architecture(ConvNet)
    if isinstance(network, str):
        return get_architecture(network)
    builds = callable(network) and not isinstance(network, keras.Model)
    if not builds:
        raise TypeError(
            "`network` must be a function of (input_shape, num_classes) that "
            "builds a `keras.Model`, or a name of `get_architecture`; every "
            f"run builds fresh weights. Received: {type(network).__name__}"
        )
    return Architecture(network)


def _network_name(network):
    """Returns the name by which results call the network, or `None`."""
    if isinstance(network, str):
        return network
    return getattr(network or ConvNet, "__name__", None)


def _describe_set(distilled):
    """Returns the fields of a result that describe a distilled set."""
    if not isinstance(distilled, DistilledDataset):
        return {}
    described = {"method": distilled.info.get("method")}
    if isinstance(distilled.images_per_class, int):  # equal for all classes
        described["images_per_class"] = distilled.images_per_class
    return described


def _check_test_every(test_every, epochs):
    if test_every is None:
        return
    check_positive_int("test_every", test_every)
    if epochs % test_every:
        raise ValueError(
            "`test_every` must divide the epochs of the protocol. Received: "
            f"test_every={test_every}, {epochs} epochs"
        )
