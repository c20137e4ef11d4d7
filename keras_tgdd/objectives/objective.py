"""The base class of distribution-matching objectives."""

from abc import ABC
from abc import abstractmethod
from typing import Any
from typing import Self

import numpy as np

from keras_tgdd.arguments import Tensor


class Objective(ABC):
    """A distance between real and synthetic features, in two halves.

    `summarize` reduces the real features of each class to a summary, and
    `compare` measures synthetic features against it. Thanks to the split, the
    real half can be computed once and stored.

    Subclassing: write `summarize` and `compare` with `keras.ops`. Further
    methods, as needed:

    - `merge`, if the summaries of two parts of the data can be combined. A
      stored summary is made of several parts: without `merge`, or where
      `summarize` does not honour `sample_weight`, set `cacheable = False`;
    - `get_config`, if the constructor takes arguments;
    - `build`, for constants that depend on the feature size, such as
      frequencies;
    - `finish`, for work on summaries that `keras.ops` cannot do.

    Register the class with `keras.saving.register_keras_serializable`, so that
    summaries and methods that use it can be read again.

    Attributes:
        cacheable: bool, whether a summary is small and needs no later look at
            the data, so that it can be stored. Defaults to `True`.
        class_separable: bool, whether the loss of a class depends only on the
            images of this class. If so, processes may compute classes apart.
            Defaults to `True`.
        needs_summaries: bool, whether a summary is complete only after
            `finish`. `fit` then summarizes all images before its first step,
            and compares with these summaries. Defaults to `False`.

    Example:

    ```python
    import keras

    @keras.saving.register_keras_serializable(package="mine")
    class VarianceMatching(keras_tgdd.objectives.Objective):
        cacheable = False  # there is no `merge`

        def summarize(self, features, sample_weight=None):
            return {"variance": keras.ops.var(features, axis=1)}

        def compare(self, summary, features):
            gap = summary["variance"] - keras.ops.var(features, axis=1)
            return keras.ops.sum(keras.ops.square(gap), axis=-1)
    ```
    """

    cacheable: bool = True
    class_separable: bool = True
    needs_summaries: bool = False

    def build(self, feature_sizes: tuple[int, ...]) -> None:
        """Creates constants. Does nothing by default.

        Called before the first `summarize`, outside of compiled code. A second
        call with the same sizes must create the same constants.

        Args:
            feature_sizes: tuple of ints, the feature size of each layer that
                is read. Features are the concatenation of these layers.
        """

    @abstractmethod
    def summarize(
        self, features: Tensor, sample_weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Reduces real features to a summary.

        Args:
            features: float32 tensor of shape `(n_classes, n, feature_size)`.
            sample_weight: float32 tensor of shape `(n_classes, n)`, 1 for
                features and 0 for padding. Given when all images are
                summarized and classes differ in size. `None` counts all
                features.

        Returns:
            A dict of tensors whose first axis has length `n_classes`.
        """

    @abstractmethod
    def compare(self, summary: dict[str, Tensor], features: Tensor) -> Tensor:
        """Measures synthetic features against a summary.

        Args:
            summary: dict of tensors, the result of `summarize`.
            features: float32 tensor of shape `(n_classes, n, feature_size)`.

        Returns:
            The loss per class, float32 of shape `(n_classes,)`.
        """

    def finish(self, summary: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Completes a summary on the host. Returns it unchanged by default.

        Called once per stored summary, after the last `merge`.

        Args:
            summary: dict of NumPy arrays, from `summarize` and `merge`.

        Returns:
            A dict of NumPy arrays whose first axis has length `n_classes`.
        """
        return summary

    def merge(
        self, first: dict[str, Tensor], second: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """Combines the summaries of two disjoint parts of the data.

        Args:
            first: dict of tensors, a summary.
            second: dict of tensors, a summary of other images.

        Returns:
            The summary of all images.

        Raises:
            TypeError: if summaries of this objective cannot be combined.
        """
        raise TypeError(
            f"Summaries of {type(self).__name__} cannot be merged; summarize "
            "all the data at once."
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as a JSON-compatible dict.

        Stored summaries are found by these values.
        """
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates an objective from the result of `get_config`."""
        return cls(**config)
