"""The base of everything that can be optimised into synthetic images."""

from abc import ABC
from abc import abstractmethod
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.arguments import Tensor
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.runtime.fingerprint import digest
from keras_tgdd.synthetic.class_counts import class_counts


class Parameterization(keras.layers.Layer, ABC):
    """What a distillation optimises, and how it becomes images in [0, 1].

    The trainable weights of this layer are the only ones of a
    `DistillationTrainer`. Calling the layer decodes them to the images that
    networks read. Checkpoints, the guard against NaN, estimates and pictures
    know a parameterisation by the members below alone.

    Subclassing: create the weights in `__init__` or `build`, with
    `autocast=False` where they must stay float32, and write `call`, `adapt`,
    `decoded_counts` and `stored_images`. Override `state` where more than the
    trainable weights decides how a distillation continues, `decoding` where
    stored images are mosaics, and `describe_start` where the digest of all
    state is not what tells two distillations apart. Register the class by
    `keras.saving.register_keras_serializable` and write `get_config`.

    Args:
        num_classes: positive int, number of classes.
        images_per_class: positive int, images stored per class; or a sequence
            or mapping from labels, one number per class.
        image_shape: triple of ints, `(height, width, channels)`.
        **kwargs: arguments of `keras.layers.Layer`.

    Attributes:
        num_classes: int.
        counts: int array of shape `(n_classes,)`, stored images per class.
        image_shape: triple of ints.

    Call arguments:
        selection: optional int tensor of shape `(n_classes, n_selected)`, the
            decoded images of each class to return. `None` returns all; a
            class with fewer images than the largest then repeats its images
            cyclically.

    Returns:
        A float32 tensor of shape `(n_classes, n, height, width, channels)`,
        in [0, 1].

    Raises:
        ValueError: if a number is not a positive integer, or `image_shape` is
            not a triple.
    """

    def __init__(
        self,
        num_classes: int,
        images_per_class: ImagesPerClass,
        image_shape: tuple[int, ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_positive_int("num_classes", num_classes)
        image_shape = tuple(int(side) for side in image_shape)
        if len(image_shape) != 3 or min(image_shape) < 1:
            raise ValueError(
                "`image_shape` must be (height, width, channels). Received: "
                f"image_shape={image_shape}"
            )
        self.num_classes = int(num_classes)
        counts = class_counts(images_per_class, self.num_classes)
        self.counts = np.array(counts)
        # PyTorch cannot trace what is read off an array within a step.
        self._most, self._balanced = max(counts), len(set(counts)) == 1
        self.image_shape = image_shape

    @abstractmethod
    def call(self, selection: Tensor | None = None) -> Tensor:
        """Decodes the weights; see the class."""

    @abstractmethod
    def adapt(
        self,
        x: np.ndarray | None = None,
        y: np.ndarray | None = None,
        mode: str = "mosaic",
        seed: int = 0,
    ) -> None:
        """Initializes the weights from real images or from noise.

        Args:
            x: array of shape `(n, height, width, channels)`, uint8 in 0–255
                or float in [0, 1].
            y: int array of shape `(n,)`, labels in `[0, num_classes)`.
            mode: string, the kind of initialization.
            seed: int, seed of all draws. Defaults to `0`.
        """

    @property
    @abstractmethod
    def decoded_counts(self) -> np.ndarray:
        """Decoded images per class, ints of shape `(n_classes,)`."""

    @abstractmethod
    def stored_images(self) -> np.ndarray:
        """Returns the images that the distilled set's file holds.

        Returns:
            float32 array of shape `(n, height, width, channels)`, in [0, 1],
            ordered by class.
        """

    @property
    def decoding(self) -> dict[str, Any]:
        """Arguments of `DistilledDataset` that say how stored images decode,
        such as `{"factor": 2}`. Empty where they are used as they are."""
        return {}

    @property
    def state(self) -> dict[str, keras.Variable]:
        """Everything that a step changes, by the names a checkpoint uses."""
        return {v.name: v for v in self.trainable_variables}

    def describe_start(self) -> dict[str, Any]:
        """Returns what tells this start of a distillation from others.

        Returns:
            JSON-compatible dict, stored in checkpoints.
        """
        values = [_value(variable) for variable in self.state.values()]
        return {
            "parameterization": type(self).__name__,
            "start": digest(*values),
            **self.decoding,
        }

    def non_finite_classes(self) -> np.ndarray:
        """Returns the labels of classes with NaN or infinity in their state.

        Returns:
            Int array. State without a first axis of classes counts for all.
        """
        failing = np.zeros(self.num_classes, bool)
        for variable in self.state.values():
            finite = np.isfinite(_value(variable))
            if finite.shape[:1] == (self.num_classes,):
                failing |= ~finite.reshape((self.num_classes, -1)).all(axis=1)
            else:
                failing |= not finite.all()
        return np.flatnonzero(failing)

    @property
    def balanced(self) -> bool:
        """Whether all classes have the same number of images."""
        return self._balanced

    @property
    def images_per_class(self) -> int | tuple[int, ...]:
        """Stored images per class: one number, or one for each class."""
        counts = self.counts.tolist()
        return counts[0] if self.balanced else tuple(counts)

    @property
    def decoded_per_class(self) -> int:
        """Decoded images of the largest class."""
        return int(self.decoded_counts.max())

    @property
    def labels(self) -> np.ndarray:
        """Label of each stored image, ints of shape
        `(n_classes, images_per_class)`, or `(n,)` where classes differ."""
        labels = np.repeat(np.arange(self.num_classes), self.counts)
        return (
            labels.reshape((self.num_classes, -1)) if self.balanced else labels
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "images_per_class": (
                self.counts.tolist() if not self.balanced else self._most
            ),
            "image_shape": list(self.image_shape),
        }


def _value(variable):
    return ops.convert_to_numpy(variable.value)
