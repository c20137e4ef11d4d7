"""What a distribution-matching objective is."""

from abc import ABC
from abc import abstractmethod

import numpy as np

from keras_tgdd.arguments import Tensor


class Objective(ABC):
    """A distance between real and synthetic features, in two halves.

    `summarize` reduces the real features of each class to a summary;
    `compare` measures synthetic features against it. The halves are apart so
    that the real half can be computed once and kept.

    Subclassing: write `summarize` and `compare` with `keras.ops`, and `merge`
    where summaries of two parts of the data make the summary of the whole;
    `get_config` where the constructor takes arguments; `build` where the
    objective has constants of the size of the features, such as frequencies;
    `finish` where a summary takes more than `keras.ops` can do. Set
    `cacheable` to `False` if the summary needs a later look at the data,
    `class_separable` to `False` if the loss is not a sum over classes, and
    `needs_summaries` to `True` if a summary is only complete after `finish`;
    `fit` then makes summaries of all images for `summary_plan` first.

    Attributes:
        cacheable: bool, the summary is small and self-contained.
        class_separable: bool, the loss is a sum over classes.
        needs_summaries: bool, the objective works from
            `ExpertTrajectories.summarize` alone, not from live images.
        summary_plan: optional `SummaryPlan`, the summaries that `summarize`
            makes unless asked for others; `None` is four of each stage.
    """

    cacheable = True
    class_separable = True
    needs_summaries = False
    summary_plan = None

    def build(self, feature_sizes: tuple[int, ...]) -> None:
        """Makes constants, before the first call. Does nothing by default.

        Called outside of compiled code. A second call with the same sizes
        must lead to the same constants.

        Args:
            feature_sizes: tuple of ints, the size of the features of each
                layer that is read; features are these side by side.
        """

    @abstractmethod
    def summarize(
        self, features: Tensor, sample_weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Reduces real features to a summary.

        Args:
            features: float32 tensor of shape `(n_classes, n, feature_size)`.
            sample_weight: optional float32 tensor of shape `(n_classes, n)`
                of ones, and of zeros for features that only fill the tensor.
                Given where classes differ in size and all images are
                summarized.

        Returns:
            A dict of tensors whose first axis has length `n_classes`.
        """

    @abstractmethod
    def compare(self, summary: dict[str, Tensor], features: Tensor) -> Tensor:
        """Measures synthetic features against a summary.

        Args:
            summary: what `summarize` returned.
            features: float32 tensor of shape `(n_classes, n, feature_size)`.

        Returns:
            The loss of each class, float32 of shape `(n_classes,)`.
        """

    def finish(self, summary: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Completes a summary on the host. Returns it as it is by default.

        Called once for each stored summary, after the last `merge`.

        Args:
            summary: dict of NumPy arrays, what `summarize` and `merge` made.

        Returns:
            A dict of NumPy arrays whose first axis has length `n_classes`.
        """
        return summary

    def get_config(self) -> dict:
        """Returns the arguments of the constructor, JSON-compatible.

        Stored summaries are found by them.
        """
        return {}

    def merge(
        self, first: dict[str, Tensor], second: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """Combines the summaries of two disjoint parts of the data.

        Raises:
            TypeError: if summaries of this objective do not add up.
        """
        raise TypeError(
            f"Summaries of {type(self).__name__} cannot be merged; summarize "
            "all the data at once."
        )
